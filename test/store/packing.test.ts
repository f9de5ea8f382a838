import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Packer, Unpacker } from '../../src/store/packing.ts';
import {
  packCapture,
  packForward,
  toCaptureRow,
  toForwardRow,
  unpackCapture,
  unpackForward,
} from '../../src/store/rows.ts';
import type { Forward } from '../../src/webhook/capture.ts';
import { makeCapture } from '../support/captures.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 5000 }).map((value) => Buffer.from(value));
const headers = fc.array(fc.tuple(text, text), { maxLength: 5 });

const capture = fc
  .record({
    path: text,
    method: text,
    event: fc.option(text),
    eventId: text,
    headers,
    body: bytes,
    answered: fc.option(fc.integer({ min: 0, max: 999 })),
  })
  .map((changes) => makeCapture(1, changes));

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

it('what is packed for another thread comes out as the same rows', () => {
  fc.assert(
    fc.property(
      fc.array(capture),
      fc.array(forward),
      fc.nat(20_000),
      (captures, forwards, size) => {
        const packer = new Packer(new SharedArrayBuffer(size));
        for (const one of captures) packCapture(packer, one);
        for (const one of forwards) packForward(packer, 'cap_1', one);
        const unpacker = new Unpacker(packer.finish());
        expect(captures.map(() => plain(unpackCapture(unpacker)))).toEqual(
          captures.map((one) => plain(toCaptureRow(one))),
        );
        expect(forwards.map(() => plain(unpackForward(unpacker)))).toEqual(
          forwards.map((one) => plain(toForwardRow('cap_1', one))),
        );
      },
    ),
  );
});
