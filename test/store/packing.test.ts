import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  headOf,
  packBatch,
  toCaptureRow,
  toForwardRow,
  unpackRows,
  withBody,
} from '../../src/store/rows.ts';
import type { Forward, NewCapture } from '../../src/request/capture.ts';
import { REASONS } from '../../src/signature/verify.ts';
import { makeCapture } from '../support/captures.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 5000 }).map((value) => Buffer.from(value));
const headers = fc.array(fc.tuple(text, text), { maxLength: 5 });

const capture = fc
  .record({
    path: text,
    method: text,
    event: fc.option(text),
    declaredEventId: fc.option(text),
    headers,
    body: bytes,
    answered: fc.option(fc.integer({ min: 0, max: 999 })),
  })
  .map(({ declaredEventId, ...changes }): NewCapture =>
    Object.assign(makeCapture(1, changes), { declaredEventId }),
  );

const forward: fc.Arbitrary<Forward> = fc.record({
  kind: fc.constantFrom('forward', 'replay'),
  at: fc.nat(),
  url: text,
  status: fc.option(fc.integer({ min: 100, max: 999 })),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  error: fc.option(text),
  responseHeaders: headers,
  responseBody: fc.uint8Array({ maxLength: 40_000 }).map((value) => Buffer.from(value)),
  edited: fc.boolean(),
});

/** Rows as values, whatever kind of array holds their bytes. */
const plain = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as unknown),
    ]),
  );

const answered = fc.array(fc.tuple(text, fc.integer({ min: 100, max: 999 })));
const reasons = fc.array(fc.tuple(text, fc.constantFrom(...REASONS)));

it('what is packed comes out as the same rows', () => {
  fc.assert(
    fc.property(
      fc.array(capture),
      fc.array(forward),
      answered,
      reasons,
      fc.nat(20_000),
      (captures, forwards, statuses, causes, room) => {
        const { memory, size } = packBatch(new SharedArrayBuffer(room), {
          captures,
          forwards: forwards.map((one) => ['cap_1', one]),
          answered: statuses,
          reasons: causes,
        });
        const packed = Buffer.from(memory, 0, size);
        const kept = captures.map((one) => plain(toCaptureRow(one)));
        const { heads, size: headSize } = headOf(packed);
        expect(headOf(packed.subarray(0, headSize)).heads).toEqual(heads);
        expect(heads.map((head) => withBody(packed, head).body)).toEqual(
          captures.map(({ body }) => body),
        );
        const rows = unpackRows(packed);
        expect(Array.from(rows.captures, plain)).toEqual(kept);
        expect(Array.from(rows.forwards, plain)).toEqual(
          forwards.map((one) => plain(toForwardRow('cap_1', one))),
        );
        expect([...rows.answered]).toEqual(statuses);
        expect([...rows.reasons]).toEqual(causes);
      },
    ),
  );
});
