import { expect, it, onTestFinished } from 'vitest';
import { ArrivedEvents } from '../../../src/commands/listen/arrived-events.ts';
import { toNewCapture } from '../../../src/store/rows.ts';
import { type CaptureStore, openStore } from '../../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../../support/captures.ts';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/cli.ts';

const SINCE = makeCapture(0).receivedAt;

function open(): CaptureStore {
  const store = openStore(join(temporaryFolder(), 'captures.db'));
  onTestFinished(() => store.close());
  return store;
}

const cutOff = { answered: null, forwards: [] };

it('knows what was answered or forwarded, and not what was cut off', () => {
  const store = open();
  const forwarded = makeCapture(2, { ...cutOff, forwards: [{ ...FORWARD, status: null }] });
  store.import([makeCapture(1), forwarded, makeCapture(3, cutOff)]);
  const arrived = new ArrivedEvents(SINCE);
  arrived.read(store);
  const isKnown = [1, 2, 3].map((n) => arrived.has(makeCapture(n).eventId));
  expect(isKnown).toEqual([true, true, false]);
});

it('does not count an event of the log that the app did not answer', () => {
  const store = open();
  const unanswered = { ...FORWARD, status: null };
  const ofLog = { ...cutOff, source: 'log' } as const;
  store.import([
    makeCapture(1, { ...ofLog, forwards: [unanswered] }),
    makeCapture(2, { ...ofLog, forwards: [FORWARD] }),
  ]);
  const arrived = new ArrivedEvents(SINCE);
  arrived.read(store);
  expect([1, 2].map((n) => arrived.has(makeCapture(n).eventId))).toEqual([false, true]);
});

it('sees what this listener and others take in meanwhile', () => {
  const store = open();
  const arrived = new ArrivedEvents(SINCE);
  arrived.read(store);
  expect(arrived.has(makeCapture(1).eventId)).toBe(false);
  store.write({ captures: [toNewCapture(makeCapture(1, cutOff))] });
  expect(arrived.has(makeCapture(1).eventId)).toBe(true);
  arrived.add(toNewCapture(makeCapture(2)));
  expect(arrived.has(makeCapture(2).eventId)).toBe(true);
});
