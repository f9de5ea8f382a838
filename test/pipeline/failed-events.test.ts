import { expect, it } from 'vitest';
import { FailedEvents } from '../../src/pipeline/failed-events.ts';
import type { Forward } from '../../src/request/capture.ts';
import { FORWARD } from '../support/captures.ts';

const forward = (status: number | null): Forward => ({ ...FORWARD, status });

it('remembers the newest failure of an event, until a forward is answered 200', () => {
  const events = new FailedEvents();
  expect(events.replace('cap_a', 'cap_a', forward(500))).toBeNull();
  expect(events.replace('cap_b', 'cap_b', forward(200))).toBeNull();
  const first = { captureId: 'cap_a', status: 500 };
  expect(events.replace('cap_a', 'cap_a2', forward(null))).toEqual(first);
  const second = { captureId: 'cap_a2', status: null };
  expect(events.replace('cap_a', 'cap_a3', null)).toEqual(second);
  expect(events.replace('cap_a', 'cap_a4', forward(200))).toEqual(second);
  expect(events.replace('cap_a', 'cap_a5', forward(200))).toBeNull();
  expect(events.replace('cap_b', 'cap_b2', forward(200))).toBeNull();
});

it('forgets the oldest of more than 1000 events', () => {
  const events = new FailedEvents();
  for (let n = 0; n <= 1000; n++) events.replace(`cap_${n}`, `cap_${n}`, forward(500));
  expect(events.replace('cap_0', 'cap_x', null)).toBeNull();
  expect(events.replace('cap_1', 'cap_x', null)).toEqual({ captureId: 'cap_1', status: 500 });
});
