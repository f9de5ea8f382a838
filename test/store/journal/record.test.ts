import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answeredRecord,
  captureRecord,
  forwardRecord,
  HEADER_BYTES,
  type JournalRecord,
  readHead,
  readRecord,
  reasonRecord,
} from '../../../src/store/journal/record.ts';
import {
  recordToCaptureRow,
  recordToForwardRow,
  toCaptureRow,
  toForwardRow,
} from '../../../src/store/rows.ts';
import { FORWARD, makeCapture } from '../../support/captures.ts';
import { asNew } from '../store-world.ts';

function read(bytes: Buffer, at = 0): JournalRecord {
  const head = readHead(bytes, at);
  if (head === undefined) throw new Error('expected a head');
  const record = readRecord(bytes, at, head);
  if (typeof record === 'string') throw new Error(record);
  return record;
}

const plain = (row: { readBody?: () => Uint8Array }): object => ({
  ...row,
  readBody: undefined,
  body: row.readBody === undefined ? undefined : Buffer.from(row.readBody()),
});

describe('a record reads as it was written', () => {
  it.each([
    ['a plain one', {}],
    ['an empty body', { body: Buffer.alloc(0) }],
    [
      'every byte, a path with a NUL',
      { body: Buffer.from(Array.from({ length: 256 }, (_, i) => i)), path: '/\0ä' },
    ],
    [
      'repeated headers',
      {
        headers: [
          ['X', '1'],
          ['x', '"2"\n'],
        ] as const,
      },
    ],
    [
      'an invalid one',
      { verification: { valid: false, reason: 'secret_quoted' as const }, answered: null },
    ],
  ])('capture: %s', (_, changes) => {
    const capture = asNew(makeCapture(1, changes));
    const bytes = Buffer.concat(captureRecord(capture));
    expect(bytes.length % 8).toBe(0);
    expect(readHead(bytes, 0)?.totalBytes).toBe(bytes.length);
    expect(plain(recordToCaptureRow(read(bytes)))).toEqual(plain(toCaptureRow(capture)));
  });

  it('forward, answered, reason', () => {
    const error = { ...FORWARD, status: null, error: 'refused\u0000' };
    for (const forward of [FORWARD, error]) {
      const bytes = Buffer.concat(forwardRecord('cap_1', forward));
      expect(recordToForwardRow(read(bytes))).toEqual(toForwardRow('cap_1', forward));
    }
    expect(read(Buffer.concat(answeredRecord('cap_1', 502)))).toMatchObject({
      type: 'answered',
      fields: ['cap_1', 502],
    });
    expect(read(Buffer.concat(reasonRecord('cap_1', 'secret_quoted')))).toMatchObject({
      type: 'reason',
      fields: ['cap_1', 'secret_quoted'],
    });
  });

  it('whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (body, path) => {
        const capture = asNew(makeCapture(1, { body: Buffer.from(body), path }));
        const row = recordToCaptureRow(read(Buffer.concat(captureRecord(capture))));
        expect(plain(row)).toEqual(plain(toCaptureRow(capture)));
      }),
    );
  });
});

describe('a damaged record', () => {
  const capture = asNew(makeCapture(1));
  const bytes = Buffer.concat(captureRecord(capture));
  const padding =
    bytes.length - (readHead(bytes, 0)?.metaBytes ?? 0) - capture.body.length - HEADER_BYTES;

  it('is noticed whichever bit is flipped', () => {
    for (let bit = 0; bit < (bytes.length - padding) * 8; bit++) {
      const at = bit >> 3;
      // Reserved bytes of the header say nothing.
      if (at >= 28 && at < HEADER_BYTES) continue;
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      const head = readHead(damaged, 0);
      expect(
        head === undefined || typeof readRecord(damaged, 0, head) === 'string',
        `bit ${bit}`,
      ).toBe(true);
    }
  });

  it('names the capture where only its body is damaged', () => {
    const damaged = Buffer.from(bytes);
    const at = bytes.length - padding - 1;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const head = readHead(damaged, 0);
    expect(head && readRecord(damaged, 0, head)).toBe(`the body of ${capture.id}`);
  });
});
