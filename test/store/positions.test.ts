import { expect, it } from 'vitest';
import { readReaderState, type StreamPosition } from '../../src/store/positions.ts';
import { toNewCapture } from '../../src/store/rows.ts';
import { openReader, openStore } from '../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../support/captures.ts';
import { openBackground, storeFile } from './store-world.ts';

const KEY = { reader: 'alice', stream: 'RELYABLE_acme', created: '2026-01-01T00:00:00Z' };
const capture = (n: number) => toNewCapture(makeCapture(n));
const at = (
  after: number | null,
  seq: number,
  unforwarded: string | null = null,
): StreamPosition => ({ key: KEY, after, seq, unforwarded });

it('is written with its capture, and is each reader’s and each stream’s own', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await Promise.all([
    store.add(capture(1), at(null, 7)),
    store.advance(at(7, 8)),
    store.add(capture(2), at(8, 9)),
    store.add(capture(3)),
  ]);
  expect(readReaderState(file, KEY)).toEqual({ seq: 9, hasReadOlder: false, unforwarded: [] });
  expect(readReaderState(file, { ...KEY, reader: 'bob' }).seq).toBeNull();
  expect(readReaderState(file, { ...KEY, created: 'later' })).toMatchObject({
    seq: null,
    hasReadOlder: true,
  });
});

it('refuses a capture whose predecessor was not stored, and stores nothing of its group', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(capture(1), at(null, 7));
  await expect(store.add(capture(2), at(8, 9))).rejects.toThrow(
    /position of reader alice in RELYABLE_acme is 7, expected 8/,
  );
  await expect(store.add(capture(2), at(null, 1))).rejects.toThrow('is 7, expected none');
  expect(openReader(file)?.list({}, 10)).toHaveLength(1);
  expect(readReaderState(file, KEY).seq).toBe(7);
  // Its first would do: one behind it in its group does not.
  const both = [store.add(capture(2), at(7, 9)), store.add(capture(3), at(8, 10))];
  for (const one of both) await expect(one).rejects.toThrow('is 9, expected 8');
  expect(openReader(file)?.list({}, 10)).toHaveLength(1);
  await store.add(capture(2), at(7, 9));
  expect(readReaderState(file, KEY).seq).toBe(9);
});

it('is kept apart for two readers whose captures share a group', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const bob = { ...KEY, reader: 'bob' };
  await Promise.all([
    store.add(capture(1), at(null, 7)),
    store.add(capture(2), { ...at(null, 3), key: bob }),
    store.add(capture(3), at(7, 8)),
    store.add(capture(4), { ...at(3, 4), key: bob }),
  ]);
  expect(readReaderState(file, KEY).seq).toBe(8);
  expect(readReaderState(file, bob).seq).toBe(4);
});

it('names the captures whose forward was not stored, oldest first', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const captures = [1, 2, 3].map(capture);
  for (const [index, one] of captures.entries()) {
    await store.add(one, at(index === 0 ? null : index, index + 1, one.id));
  }
  const ids = captures.map(({ id }) => id);
  expect(readReaderState(file, KEY).unforwarded).toEqual(ids);
  store.addForward(ids[1] ?? '', FORWARD);
  await store.flush();
  expect(readReaderState(file, KEY).unforwarded).toEqual([ids[0], ids[2]]);
  const writer = openStore(file);
  writer.remove([ids[0] ?? '']);
  writer.close();
  expect(readReaderState(file, KEY).unforwarded).toEqual([ids[2]]);
});

it('is unknown in a store that is not there', () => {
  expect(readReaderState(storeFile(), KEY)).toEqual({
    seq: null,
    hasReadOlder: false,
    unforwarded: [],
  });
});
