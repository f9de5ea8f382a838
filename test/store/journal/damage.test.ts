import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { captureRecord } from '../../../src/store/journal/record.ts';
import {
  journalFolder,
  listQuarantined,
  segmentName,
  segmentPath,
} from '../../../src/store/journal/segments.ts';
import { openReader, openStore } from '../../../src/store/writer.ts';
import { makeCapture } from '../../support/captures.ts';
import { asNew, storeFile } from '../store-world.ts';

/** Small and large bodies; the seventh is larger than what one read of a segment takes. */
const CAPTURES = [40, 900, 5_000, 0, 70_000, 300, 400_000, 1_200].map((size, n) =>
  makeCapture(n + 1, { body: Buffer.alloc(size, `{"n":${n}}`) }),
);
const RECORDS = CAPTURES.map((capture) => Buffer.concat(captureRecord(asNew(capture))));
const SEGMENT = Buffer.concat(RECORDS);
/** Where each record begins. */
const STARTS = RECORDS.map((_, index) => Buffer.concat(RECORDS.slice(0, index)).length);

type Damage = (at: number) => Buffer;

const overwrite =
  (bytes: (size: number) => Buffer, size: number): Damage =>
  (at) => {
    const damaged = Buffer.from(SEGMENT);
    bytes(size).copy(damaged, at);
    return damaged;
  };

/** What happens to files, and whether what is behind the damage can still be read. */
const DAMAGES: Record<string, { damage: Damage; isRestReadable: boolean }> = {
  'a flipped bit': {
    damage: (at) => {
      const damaged = Buffer.from(SEGMENT);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      return damaged;
    },
    isRestReadable: true,
  },
  'a block of zeros': {
    damage: overwrite((size) => Buffer.alloc(size), 512),
    isRestReadable: true,
  },
  'a block of ones': {
    damage: overwrite((size) => Buffer.alloc(size, 0xff), 4096),
    isRestReadable: true,
  },
  'a part of another record': {
    damage: overwrite((size) => SEGMENT.subarray(0, size), 100),
    isRestReadable: true,
  },
  'lost bytes': {
    damage: (at) => Buffer.concat([SEGMENT.subarray(0, at), SEGMENT.subarray(at + 13)]),
    isRestReadable: false,
  },
};

/** Behind which part of a record the damage begins: its head, its meta and its body. */
const PLACES = [
  ['the first head', (STARTS[0] ?? 0) + 9],
  ['a meta', (STARTS[2] ?? 0) + 60],
  ['a body', (STARTS[4] ?? 0) + 50_001],
  ['the head of a large record', (STARTS[6] ?? 0) + 1],
  ['the last head', (STARTS[7] ?? 0) + 2],
] as const;

function damagedStore(bytes: Buffer): { file: string; name: string } {
  const file = storeFile();
  openStore(file).close();
  const folder = journalFolder(file);
  mkdirSync(folder, { mode: 0o700 });
  const name = segmentName(1, Buffer.from('abcd'));
  writeFileSync(segmentPath(folder, name), bytes);
  return { file, name };
}

/** Bodies by id as a new reader shows them, and the error it ends with. */
function read(file: string): { bodies: Map<string, Buffer>; error: string } {
  const reader = openReader(file);
  const bodies = new Map<string, Buffer>();
  try {
    for (const { id, body } of reader?.each({}) ?? []) bodies.set(id, body);
    return { bodies, error: '' };
  } catch (error) {
    return { bodies, error: (error as Error).message };
  } finally {
    reader?.close();
  }
}

/** The captures whose records are wholly as they were written. */
function untouched(bytes: Buffer): string[] {
  return CAPTURES.flatMap(({ id }, index) => {
    const record = RECORDS[index] ?? Buffer.alloc(0);
    const start = STARTS[index] ?? 0;
    return record.equals(bytes.subarray(start, start + record.length)) ? [id] : [];
  });
}

describe.each(Object.entries(DAMAGES))('%s', (_, { damage, isRestReadable }) => {
  it.each(PLACES)('in %s is told once, and nothing wrong is shown', (_place, at) => {
    const bytes = damage(at);
    const { file } = damagedStore(bytes);
    const { error } = read(file);
    const [quarantined = 'none'] = listQuarantined(journalFolder(file));
    expect(error).toContain(quarantined);
    const second = read(file);
    expect(second.error).toBe('');
    for (const capture of CAPTURES) {
      const shown = second.bodies.get(capture.id);
      if (shown !== undefined) expect(shown.equals(capture.body)).toBe(true);
    }
    expect(second.bodies.size).toBeLessThan(CAPTURES.length);
    if (isRestReadable) expect([...second.bodies.keys()]).toEqual(untouched(bytes));
  });
});

it('a segment of another program’s bytes is told once', () => {
  const { file, name } = damagedStore(Buffer.alloc(100_000, 'not a segment'));
  expect(read(file).error).toContain(`${name}.quarantined`);
  expect(read(file)).toEqual({ bodies: new Map(), error: '' });
});

it('a noted segment that was removed is told once', () => {
  const { file, name } = damagedStore(SEGMENT);
  const store = openStore(file);
  store.register(name);
  store.close();
  rmSync(segmentPath(journalFolder(file), name));
  expect(read(file).error).toContain('is missing');
  expect(read(file)).toEqual({ bodies: new Map(), error: '' });
});
