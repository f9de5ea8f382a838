import { describe, expect, it } from 'vitest';
import { Budget, type Effort } from '../../../src/signature/diagnosis/budget.ts';

/** How many MACs over no bytes a budget pays for, each of which costs 3,500 units. */
function macsOf(bodyLength: number, effort: Effort): number {
  const budget = new Budget(bodyLength, effort);
  while (budget.payMac(0));
  expect(budget.isExhausted).toBe(true);
  return budget.macs;
}

describe('the work for a body', () => {
  it.each([
    [0, 'quick', 3_000_000],
    [1_000_000, 'quick', 23_000_000],
    [2_000_000, 'quick', 40_000_000],
    [2048, 'full', 80_000_000],
    [2049, 'full', 20_000_000],
    [100_000, 'full', 77_000_000],
    [1_000_000, 'full', 400_000_000],
  ] as const)('of %i bytes, %s, is %i units', (bytes, effort, units) => {
    expect(macsOf(bytes, effort)).toBe(Math.floor(units / 3500));
  });
});

/** The MACs that are left, each of which costs 3,500 units, of 3,000,000. */
function leftAfter(spend: (budget: Budget) => void): number {
  const budget = new Budget(0, 'quick');
  spend(budget);
  expect(budget.isExhausted).toBe(false);
  const before = budget.macs;
  while (budget.payMac(0));
  return budget.macs - before;
}

describe('what is paid', () => {
  it.each<[name: string, spend: (budget: Budget) => void, units: number]>([
    ['a MAC over 100,000 bytes', (budget) => budget.payMac(100_000), 103_500],
    ['writing 10,000 bytes of 1,000 tokens', (budget) => budget.payWrite(10_000, 1000), 130_000],
    ['reading 100,000 bytes', (budget) => budget.payRead(100_000), 400_000],
    ['reading 1,000 tokens', (budget) => budget.chargeRead(1000), 400_000],
    ['reading more tokens than are left', (budget) => budget.chargeRead(10_000), 3_000_000],
    ['a reserve of a half', (budget) => budget.reserve(0.5), 1_500_000],
    ['a reserve that was released', (budget) => budget.reserve(0.5)(), 0],
  ])('%s', (_, spend, units) => {
    expect(leftAfter(spend)).toBe(Math.floor((3_000_000 - units) / 3500));
  });

  it('is nothing where it is more than there is', () => {
    const budget = new Budget(0, 'quick');
    expect(budget.payMac(2_996_501)).toBe(false);
    expect(budget).toMatchObject({ macs: 0, isExhausted: true });
    expect(budget.payMac(2_996_500)).toBe(true);
    expect(budget.macs).toBe(1);
  });
});

it('says how many MACs a share of it pays for', () => {
  const budget = new Budget(0, 'quick');
  // 3,000,000 / 2 / 3,501
  expect([428, 429].map((count) => budget.canPayMacs(count, 0.5))).toEqual([true, false]);
  budget.chargeRead(3_000_000 / 400 - 3501 / 400);
  expect([1, 2].map((count) => budget.canPayMacs(count, 1))).toEqual([true, false]);
  expect(budget).toMatchObject({ macs: 0, isExhausted: false });
});
