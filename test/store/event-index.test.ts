import { expect, it, onTestFinished } from 'vitest';
import { openStore, type CaptureStore } from '../../src/store/writer.ts';
import { makeCapture } from '../support/captures.ts';
import { toNewCapture } from '../../src/store/rows.ts';
import { storeFile } from './store-world.ts';

function open(file: string): CaptureStore {
  const store = openStore(file);
  onTestFinished(() => store.close());
  return store;
}

/** Writes the n-th capture; `body` identifies its event. */
const write = (store: CaptureStore, n: number, body: Buffer): string | null | undefined =>
  store.write({ captures: [toNewCapture(makeCapture(n, { body }))] })[0];

const BODY = Buffer.from('{"id":"evt_again"}');
const other = (n: number): Buffer => Buffer.from(`{"id":"evt_other_${n}"}`);

it('knows repeats again after all captures of their event were pruned', () => {
  const file = storeFile();
  const store = open(file);
  for (let n = 0; n < 4; n++) write(store, n, BODY);
  expect(open(file).prune({ keep: 0 })).toBe(4);
  for (let n = 10; n < 15; n++) write(store, n, other(n));
  expect(write(store, 20, BODY)).toBeNull();
  expect(write(store, 21, BODY)).toBe(makeCapture(20).id);
  expect(write(store, 22, BODY)).toBe(makeCapture(20).id);
});

it('names the first of many repeats', () => {
  const store = open(storeFile());
  for (let n = 0; n < 20; n++) {
    expect(write(store, n, BODY)).toBe(n === 0 ? null : makeCapture(0).id);
  }
});
