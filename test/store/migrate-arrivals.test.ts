import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openReader, openStore } from '../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../support/captures.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';

const FILE = '952421854c5e6b88c117ec07';
const unpack = (name: string): Buffer =>
  gunzipSync(readFileSync(join(ROOT, 'fixtures/stores', `${name}.gz`)));

/** A store of schema 4 with batches that wait, one of them in a file. */
function oldStore(): { file: string; batch: string } {
  const file = join(temporaryFolder(), 'captures.db');
  writeFileSync(file, unpack('waiting-batches.db'));
  mkdirSync(`${file}-batches`);
  const batch = join(`${file}-batches`, FILE);
  writeFileSync(batch, unpack(FILE));
  return { file, batch };
}

const IDS = [1, 2, 3, 4, 5, 6, 7].map((n) => makeCapture(n).id);

it('a store of an older version opens with all its captures, and is one file afterwards', () => {
  const { file } = oldStore();
  const reader = openReader(file);
  const captures = [...(reader?.each({}) ?? [])];
  reader?.close();
  expect(captures.map(({ id }) => id)).toEqual(IDS);
  expect(captures[2]).toMatchObject({ answered: 502, forwards: [FORWARD] });
  expect(captures[3]?.verification.reason).toBe('secret_whitespace');
  expect(captures[5]?.body.length).toBeGreaterThan(150_000);
  expect(captures[6]?.duplicateOf).toBe(captures[5]?.id);
  expect(existsSync(`${file}-batches`)).toBe(false);
});

it('a batch whose file is missing is taken in once the file is back', () => {
  const { file, batch } = oldStore();
  const bytes = readFileSync(batch);
  writeFileSync(batch, bytes.subarray(1000));
  const store = openStore(file);
  expect([...store.each({})].map(({ id }) => id)).toEqual(IDS.slice(0, 5));
  store.close();
  writeFileSync(batch, bytes);
  const again = openStore(file);
  expect([...again.each({})].map(({ id }) => id)).toEqual(IDS);
  again.close();
});
