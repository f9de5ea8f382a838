import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS, type ExportFormat } from '../../../src/request/export/export-formats.ts';
import { captureJsonPieces, exportCaptures } from '../../../src/request/export/export.ts';
import { readInput } from '../../../src/request/files/read-input.ts';
import { makeCapture } from '../../support/captures.ts';

/** No piece may grow with the body: a string holds 512 MB at most, and curl's form is five times the body. */
const MAX_PIECE = 5 * 1024 * 1024;
const SIZE = 6 * 1024 * 1024;

const text = Buffer.from(
  `{"event":"test_run.failed","data":{"error":"${'„späť“ \\"x\\" \\u0001 '.repeat(270_000)}"}}`,
);
const bytes = Buffer.alloc(SIZE, Buffer.from([0, 255, 10, 123, 34, 39, 0xef, 0xbf, 0xbd]));
const hash = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

async function* piecesOf(body: Buffer, format: ExportFormat): AsyncGenerator<Buffer> {
  for (const piece of exportCaptures([makeCapture(1, { body })], format, '1')) {
    expect(piece.length).toBeLessThanOrEqual(Buffer.isBuffer(piece) ? body.length : MAX_PIECE);
    yield Buffer.from(piece);
  }
}

describe('a large body', () => {
  it.each(
    EXPORT_FORMATS.flatMap((format) => [[format, 'text'] as const, [format, 'bytes'] as const]),
  )('is exported as %s (%s) in pieces that do not grow with it', async (format, kind) => {
    const body = kind === 'text' ? text : bytes;
    let size = 0;
    for await (const piece of piecesOf(body, format)) size += piece.length;
    expect(size).toBeGreaterThan(body.length);
  });

  it.each<[ExportFormat, string]>([
    ['ndjson', 'text'],
    ['ndjson', 'bytes'],
    ['http', 'bytes'],
    ['har', 'text'],
    ['har', 'bytes'],
    ['curl', 'bytes'],
  ])('comes back from %s (%s) as it was', async (format, kind) => {
    const body =
      kind === 'text' ? text : bytes.subarray(0, format === 'curl' ? 300_000 : undefined);
    const hashes: string[] = [];
    for await (const item of readInput(piecesOf(body, format), 'input', {})) {
      if (item.kind === 'request') hashes.push(hash(item.request.body));
    }
    expect(hashes).toEqual([hash(body)]);
  });

  it('is shown as JSON likewise', () => {
    const capture = makeCapture(1, { body: bytes });
    const pieces = [...captureJsonPieces(capture, { event: null })];
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MAX_PIECE);
    const { bodyBase64, event } = JSON.parse(pieces.join(''));
    expect(hash(Buffer.from(bodyBase64, 'base64'))).toBe(hash(bytes));
    expect(event).toBeNull();
  });
});
