import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { toNewCapture } from '../../../src/store/rows.ts';
import { openReader } from '../../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../../support/captures.ts';
import { ids, openBackground, storeFile } from '../store-world.ts';

/** The n-th attempt of one event. */
const attempt = (n: number, valid = true) =>
  toNewCapture({
    ...makeCapture(n, {
      body: Buffer.from('{"event":"test_run.completed","id":"evt_1"}'),
      verification: valid ? { valid, reason: 'ok' } : { valid, reason: 'signature_missing' },
    }),
  });

it('says of a repeat which capture was first, within a group, after it and after a restart', async () => {
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
  expect(await store.add(toNewCapture(makeCapture(1, { body: one })))).toBeNull();
  expect(await store.add(toNewCapture(makeCapture(2, { body: other })))).toBeNull();
  expect(await store.add(toNewCapture(makeCapture(3, { body: one })))).toBe(makeCapture(1).id);
});

it('starts fresh where the store was removed', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(toNewCapture(makeCapture(1)));
  for (const rest of ['', '-wal', '-shm']) rmSync(`${file}${rest}`);
  await store.add(toNewCapture(makeCapture(2)));
  expect(ids(openReader(file)?.each({}) ?? [])).toEqual([makeCapture(2).id]);
});

it('refuses what it cannot write, and goes on when it can; deferred writes are made then', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const { id } = makeCapture(1);
  await store.add(toNewCapture(makeCapture(1)));
  for (const rest of ['', '-wal', '-shm']) renameSync(`${file}${rest}`, `${file}.aside${rest}`);
  mkdirSync(file);
  store.addForward(id, FORWARD);
  await expect(store.add(toNewCapture(makeCapture(2)))).rejects.toThrow('cannot be used');
  rmdirSync(file);
  for (const rest of ['', '-wal', '-shm']) renameSync(`${file}.aside${rest}`, `${file}${rest}`);
  expect(await store.add(toNewCapture(makeCapture(3)))).toBeNull();
  await store.flush();
  const reader = openReader(file);
  expect(ids(reader?.each({}) ?? [])).toEqual(ids([makeCapture(1), makeCapture(3)]));
  expect(reader?.get(id)?.forwards).toEqual([FORWARD]);
  reader?.close();
});

it('says so when what was deferred cannot be written at the end', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(toNewCapture(makeCapture(1)));
  for (const rest of ['', '-wal', '-shm']) rmSync(`${file}${rest}`);
  mkdirSync(file);
  store.addForward(makeCapture(1).id, FORWARD);
  await expect(store.close()).rejects.toThrow('cannot be used');
});

it('says so when more was deferred during a failure than is kept', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(toNewCapture(makeCapture(1)));
  for (const rest of ['', '-wal', '-shm']) rmSync(`${file}${rest}`);
  mkdirSync(file);
  for (let n = 0; n < 1_100; n++) store.setAnswered(makeCapture(1).id, 200);
  await store.flush();
  rmdirSync(file);
  expect(await store.add(toNewCapture(makeCapture(2)))).toBeNull();
  await expect(store.close()).rejects.toThrow('cannot be used');
});

it('hands the next group to the thread before it answers the requests of the last one', async () => {
  const { store, worker } = await openBackground(storeFile());
  const first = store.add(toNewCapture(makeCapture(1)));
  while (worker.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const second = store.add(toNewCapture(makeCapture(2)));
  await first;
  expect(worker.asked.filter(({ type }) => type === 'write')).toHaveLength(2);
  await second;
});

it('keeps of a body its own bytes, whatever lies around them', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  const around = Buffer.from('before{"n":1}after');
  const capture = makeCapture(1, { body: around.subarray(6, 13) });
  const answer = Buffer.from('xxfailedxx').subarray(2, 8);
  await store.add(toNewCapture(capture));
  store.addForward(capture.id, { ...FORWARD, responseBody: answer });
  await store.flush();
  const reader = openReader(file);
  expect(reader?.get(capture.id)?.body.toString()).toBe('{"n":1}');
  expect(reader?.get(capture.id)?.forwards[0]?.responseBody.toString()).toBe('failed');
  reader?.close();
  expect(around.toString()).toBe('before{"n":1}after');
});

it('fails every capture once its thread has died, and closes', async () => {
  const { store, worker } = await openBackground(storeFile());
  worker.isDeaf = true;
  const added = store.add(toNewCapture(makeCapture(1)));
  while (worker.asked.every(({ type }) => type !== 'write')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  worker.emit('error', new Error('out of memory'));
  await expect(added).rejects.toThrow("the store's thread ended: out of memory");
  await expect(store.add(toNewCapture(makeCapture(2)))).rejects.toThrow('out of memory');
  store.setAnswered('b', 200);
  await expect(store.close()).rejects.toThrow('out of memory');
});

it('writes what is noted while a group is written with the next one, not in a group of its own', async () => {
  const { store, worker } = await openBackground(storeFile());
  const groups = (): number => worker.asked.filter(({ type }) => type === 'write').length;
  const first = store.add(toNewCapture(makeCapture(1)));
  while (groups() === 0) await new Promise((resolve) => setImmediate(resolve));
  store.addForward(makeCapture(1).id, FORWARD);
  await first;
  await store.add(toNewCapture(makeCapture(2)));
  expect(groups()).toBe(2);
  await store.flush();
  expect(groups()).toBe(2);
});
