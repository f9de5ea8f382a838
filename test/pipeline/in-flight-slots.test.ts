import { expect, it } from 'vitest';
import { InFlightSlots } from '../../src/pipeline/in-flight-slots.ts';

function exchange(): { aborts: string[]; abort(reason: string): void; resume(): void } {
  const aborts: string[] = [];
  return { aborts, abort: (reason) => void aborts.push(reason), resume: () => undefined };
}

it('aborts what is under way, and what begins after it', () => {
  const slots = new InFlightSlots();
  const [early, late] = [exchange(), exchange()];
  slots.attach(slots.open(), early);
  const waiting = slots.open();
  slots.abortAll('stopped');
  slots.attach(waiting, late);
  expect([early.aborts, late.aborts]).toEqual([['stopped'], ['stopped']]);
});

it('uses a closed slot again, and is empty once all are closed', async () => {
  const slots = new InFlightSlots();
  const [first, second] = [slots.open(), slots.open()];
  slots.close(first);
  expect(slots.open()).toBe(first);
  expect(slots.size).toBe(2);
  const empty = slots.whenEmpty();
  slots.close(first);
  slots.close(second);
  await empty;
  expect(slots.size).toBe(0);
});
