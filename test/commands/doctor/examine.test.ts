import { expect, it } from 'vitest';
import { CHECK_LIMIT_MS, examine } from '../../../src/commands/doctor/examine.ts';
import { type Check, type DoctorFinding, ok } from '../../../src/commands/doctor/finding.ts';
import { testContext } from '../../support/context.ts';
import { testSubject } from './subject.ts';

async function findings(
  checks: Parameters<typeof examine>[1],
  subject = testSubject(),
): Promise<DoctorFinding[]> {
  const found: DoctorFinding[] = [];
  for await (const finding of examine(subject, checks)) found.push(finding);
  return found;
}

const good: Check = async () => [ok('good'), { ...ok('named'), check: 'key' }];

it('gives findings in the order of the checks, each under its name', async () => {
  const slow: Check = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [ok('slow')];
  };
  expect(
    await findings([
      ['node', slow],
      ['api', good],
    ]),
  ).toEqual([
    { check: 'node', level: 'ok', message: 'slow', fix: null },
    { check: 'api', level: 'ok', message: 'good', fix: null },
    { check: 'key', level: 'ok', message: 'named', fix: null },
  ]);
});

it('never waits for a check that hangs, and aborts it', async () => {
  const waits: number[] = [];
  const context = testContext({
    sleep: async (ms) => {
      waits.push(ms);
    },
  });
  let aborted: Promise<unknown> = Promise.resolve();
  const hangs: Check = (_, signal) => {
    aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    return new Promise(() => undefined);
  };
  const found = await findings([['target', hangs]], testSubject({}, context));
  expect(found).toMatchObject([{ check: 'target', level: 'warning' }]);
  expect(found[0]?.message).toContain('no answer within 5 s');
  expect(waits).toEqual([CHECK_LIMIT_MS]);
  await aborted;
});

it('turns whatever a check throws into a finding', async () => {
  const breaks: Check = async () => {
    throw new Error('the disk is on fire');
  };
  expect(
    await findings([
      ['store', breaks],
      ['node', good],
    ]),
  ).toMatchObject([
    { check: 'store', level: 'warning', message: 'cannot tell: the disk is on fire' },
    { check: 'node', level: 'ok' },
    { check: 'key' },
  ]);
});
