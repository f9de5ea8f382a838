import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toNewCapture } from '../../src/store/rows.ts';
import { openReader, openStore } from '../../src/store/writer.ts';
import { makeCapture } from '../support/captures.ts';
import { storeFile } from './store-world.ts';

/** Bodies within a page and over several. */
const CAPTURES = [40, 900, 5_000, 70_000, 300, 400_000, 1_200].map((size, n) =>
  makeCapture(n + 1, { body: Buffer.alloc(size, `{"n":${n}}`) }),
);

function makeStore(): string {
  const file = storeFile();
  const store = openStore(file);
  store.write({ captures: CAPTURES.map((capture) => toNewCapture(capture)) });
  store.close();
  return file;
}

/** Bodies by id as a reader shows them, and the error it ends with. */
function read(file: string): { bodies: Map<string, Buffer>; error: string } {
  const bodies = new Map<string, Buffer>();
  try {
    const reader = openReader(file);
    for (const { id, body } of reader?.each({}) ?? []) bodies.set(id, body);
    reader?.close();
    return { bodies, error: '' };
  } catch (error) {
    return { bodies, error: (error as Error).message };
  }
}

type Damage = (bytes: Buffer, at: number) => Buffer;

/** Damages a body wherever the file has it: SQLite leaves old copies in free parts of its pages. */
function damageBody(file: string, index: number, damage: Damage): void {
  const part = CAPTURES[index]?.body.subarray(0, 200) ?? Buffer.alloc(0);
  let bytes: Buffer = readFileSync(file);
  for (let at = bytes.lastIndexOf(part); at >= 0; at = bytes.lastIndexOf(part)) {
    bytes = damage(bytes, at + 100);
  }
  writeFileSync(file, bytes);
}

const flipBit: Damage = (bytes, at) => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
};

const DAMAGES: Record<string, Damage> = {
  'a flipped bit': flipBit,
  'a block of zeros': (bytes, at) => bytes.fill(0, at, at + 512),
  'a block of ones': (bytes, at) => bytes.fill(0xff, at, at + 4096),
  'the beginning of the file': (bytes, at) => {
    bytes.copyWithin(at, 0, 100);
    return bytes;
  },
  'lost bytes': (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 13)]),
};

/** Inside which body the damage begins. */
const PLACES = [
  [900, 1],
  [5_000, 2],
  [70_000, 3],
  [400_000, 5],
] as const;

describe.each(Object.entries(DAMAGES))('%s', (_, damage) => {
  it.each(PLACES)('in a body of %d bytes is told, and nothing wrong is shown', (_size, index) => {
    const file = makeStore();
    damageBody(file, index, damage);
    const { bodies, error } = read(file);
    expect(error).toContain('is damaged');
    for (const { id, body } of CAPTURES) {
      const shown = bodies.get(id);
      if (shown !== undefined) expect(shown.equals(body)).toBe(true);
    }
    expect(bodies.has(CAPTURES[index]?.id ?? '')).toBe(false);
  });
});

it('names the capture whose body changed by one bit, and shows the others', () => {
  const file = makeStore();
  damageBody(file, 4, flipBit);
  const { bodies, error } = read(file);
  expect(error).toContain(`the body of ${CAPTURES[4]?.id} is not as it was received`);
  expect([...bodies.keys()]).toEqual(
    CAPTURES.filter((_, index) => index !== 4).map(({ id }) => id),
  );
});
