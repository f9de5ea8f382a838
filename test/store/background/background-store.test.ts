import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import { openReader } from '../../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../../support/captures.ts';
import { asNew, ids, openBackground, segmentsOf, storeFile } from '../store-world.ts';

vi.mock('node:worker_threads', async () => {
  const { workers } = await import('../workers.ts');
  return {
    parentPort: null,
    Worker: function Worker() {
      return workers.create();
    },
  };
});

/** The n-th attempt of one event. */
const attempt = (n: number, valid = true) =>
  asNew({
    ...makeCapture(n, {
      body: Buffer.from('{"event":"test_run.completed","id":"evt_1"}'),
      verification: valid ? { valid, reason: 'ok' } : { valid, reason: 'signature_missing' },
    }),
  });

it('says of a repeat which capture was first, within a group, pending, drained and after a restart', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const [first, second] = await Promise.all([store.add(attempt(1)), store.add(attempt(2))]);
  const { id } = attempt(1);
  expect([first, second]).toEqual([null, id]);
  expect(await store.add(attempt(3))).toBe(id);
  expect(ids(openReader(file)?.each({}) ?? [])).toHaveLength(3);
  expect(await store.add(attempt(4))).toBe(id);
  await store.close();
  const again = await openBackground(file);
  expect(await again.store.add(attempt(5))).toBe(id);
});

it('knows the repeats of an event however many of its deliveries were refused', async () => {
  const { store } = await openBackground(storeFile());
  for (let n = 1; n <= 6; n++) await store.add(attempt(n, false));
  expect(await store.add(attempt(7))).toBeNull();
  expect(await store.add(attempt(8))).toBe(attempt(7).id);
});

it('two listeners on one store know each other’s repeats at once', async () => {
  const file = storeFile();
  const one = await openBackground(file);
  const other = await openBackground(file);
  expect(await one.store.add(attempt(1))).toBeNull();
  expect(await other.store.add(attempt(2))).toBe(attempt(1).id);
  expect(await one.store.add(attempt(3))).toBe(attempt(1).id);
});

it('tells bodies of the same length and checksum apart', async () => {
  const { store } = await openBackground(storeFile());
  const one = Buffer.alloc(64, 1);
  const other = Buffer.from(one);
  // CRC-32's polynomial, its highest power first: bytes that differ by it have the same checksum.
  const polynomial = `1${(0x04_c1_1d_b7).toString(2).padStart(32, '0')}`;
  for (const [bit, digit] of polynomial.split('').entries()) {
    const at = 20 + (bit >> 3);
    other[at] = (other[at] ?? 0) ^ (Number(digit) << (bit & 7));
  }
  expect(crc32(other)).toBe(crc32(one));
  expect(await store.add(asNew(makeCapture(1, { body: one })))).toBeNull();
  expect(await store.add(asNew(makeCapture(2, { body: other })))).toBeNull();
  expect(await store.add(asNew(makeCapture(3, { body: one })))).toBe(makeCapture(1).id);
});

it('writes a group again when a reader has taken its segment, and marks nothing twice', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const { id } = makeCapture(1);
  await store.add(asNew(makeCapture(1)));
  store.addForward(id, FORWARD);
  const [path = ''] = segmentsOf(file);
  // What a drain does first.
  renameSync(path, path.replace('.journal', '.closing'));
  expect(await store.add(asNew(makeCapture(2)))).toBeNull();
  const reader = openReader(file);
  expect(ids(reader?.each({}) ?? [])).toEqual(ids([makeCapture(1), makeCapture(2)]));
  expect(reader?.get(id)?.forwards).toEqual([FORWARD]);
  reader?.close();
});

it('starts fresh where the store and its journal were removed', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(asNew(makeCapture(1)));
  rmSync(file);
  rmSync(`${file}-segments`, { recursive: true });
  await store.add(asNew(makeCapture(2)));
  expect(ids(openReader(file)?.each({}) ?? [])).toEqual([makeCapture(2).id]);
});

it('refuses what it cannot write, and goes on when it can', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(asNew(makeCapture(1)));
  const [path = ''] = segmentsOf(file);
  rmSync(path);
  rmSync(`${file}-segments`, { recursive: true });
  writeFileSync(`${file}-segments`, 'in the way');
  await expect(store.add(asNew(makeCapture(2)))).rejects.toThrow('cannot be used');
  rmSync(`${file}-segments`);
  expect(await store.add(asNew(makeCapture(3)))).toBeNull();
});

it('fails every capture once its thread has died, and closes', async () => {
  const { store, worker } = await openBackground(storeFile());
  worker.isDeaf = true;
  const added = store.add(asNew(makeCapture(1)));
  while (worker.asked.every(({ type }) => type !== 'written')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  worker.emit('error', new Error('out of memory'));
  await expect(added).rejects.toThrow("the store's thread ended: out of memory");
  await expect(store.add(asNew(makeCapture(2)))).rejects.toThrow('out of memory');
  store.setAnswered('b', 200);
  await store.close();
});

it('writes what is noted while a group is written with the next one, not in a group of its own', async () => {
  const { store, worker } = await openBackground(storeFile());
  const groups = (): number => worker.asked.filter(({ type }) => type === 'written').length;
  const first = store.add(asNew(makeCapture(1)));
  while (groups() === 0) await new Promise((resolve) => setImmediate(resolve));
  store.addForward(makeCapture(1).id, FORWARD);
  await first;
  await store.add(asNew(makeCapture(2)));
  expect(groups()).toBe(2);
  await store.flush();
  expect(groups()).toBe(2);
});

it('knows the repeats of another listener whose segment is longer than one range', async () => {
  const file = storeFile();
  const one = await openBackground(file);
  const large = (n: number, size: number) => asNew(makeCapture(n, { body: Buffer.alloc(size, n) }));
  for (const [n, size] of [600_000, 600_000, 1_500_000, 600_000].entries()) {
    await one.store.add(large(n + 1, size));
  }
  await one.store.add(attempt(5));
  const other = await openBackground(file);
  expect(await other.store.add(attempt(6))).toBe(attempt(5).id);
  expect(await other.store.add({ ...large(3, 1_500_000), id: attempt(7).id })).toBe(
    large(3, 1_500_000).id,
  );
});
