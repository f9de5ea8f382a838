import { chunkForms, COLLECT_CHUNKS } from './bodies/chunks.ts';
import { type BodyForm, formMaker } from './bodies/form.ts';

/** Up to this size, every border between two chunks is tried; above it, only likely ones. */
const ALL_BORDERS_BYTES = 1536;
const CHUNK_SIZES = [65_536, 16_384, 8192, 4096, 1460, 1024, 1000] as const;
const JOINS = [',', '\n', '\r\n', ' ', '\0'] as const;

const chunks = formMaker('body_chunks', { fix: COLLECT_CHUNKS });

/** The bodies that result from signing only the last chunks, or from joining the chunks with a separator. */
export function* partialBodies(body: Buffer): Generator<BodyForm> {
  yield* chunkForms(body);
  const borders = likelyBorders(body.length);
  for (const at of borders) {
    yield chunks(
      `only the last ${body.length - at} of the ${body.length} bytes of the body (the last chunk)`,
      body.subarray(at),
    );
  }
  for (const mark of JOINS) {
    for (const at of borders) {
      const bytes = Buffer.concat([body.subarray(0, at), Buffer.from(mark), body.subarray(at)]);
      yield chunks(
        `the body with ${JSON.stringify(mark)} between two chunks, at byte ${at}`,
        bytes,
      );
    }
    for (const size of CHUNK_SIZES) {
      if (2 * size >= body.length) continue;
      const parts = Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
        body.toString('latin1', index * size, (index + 1) * size),
      );
      yield chunks(
        `the body with ${JSON.stringify(mark)} between chunks of ${size} bytes`,
        Buffer.from(parts.join(mark), 'latin1'),
      );
    }
  }
}

function likelyBorders(length: number): number[] {
  if (length <= ALL_BORDERS_BYTES)
    return Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1);
  const borders = new Set([1, 2, 3, 4]);
  for (const size of CHUNK_SIZES) {
    for (let at = size; at < length && borders.size < 256; at += size) borders.add(at);
  }
  return [...borders];
}
