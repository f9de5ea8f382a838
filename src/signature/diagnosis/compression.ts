import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { headerValues, type HeaderPair } from '../../request/request.ts';

/** The most bytes that a body is decompressed to. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
/** Above this size, to compress a body in a dozen ways costs too much. */
const MAX_RECOMPRESSED_BYTES = 128 * 1024;

export interface Unpacked {
  readonly coding: string;
  readonly bytes: Buffer;
}

/** The body decompressed, from each coding that its first bytes or its headers suggest. */
export function unpack(body: Buffer, headers: readonly HeaderPair[]): Unpacked[] {
  const codings = headerValues(headers, 'Content-Encoding').join(',').toLowerCase();
  const options = { maxOutputLength: MAX_UNPACKED_BYTES };
  const attempts: [string, boolean, () => Buffer][] = [
    ['gzip', body[0] === 0x1f && body[1] === 0x8b, () => gunzipSync(body, options)],
    ['deflate', isZlib(body), () => inflateSync(body, options)],
    ['raw deflate', codings.includes('deflate'), () => inflateRawSync(body, options)],
    ['br', codings.includes('br'), () => brotliDecompressSync(body, options)],
  ];
  return attempts.flatMap(([coding, isLikely, run]) => {
    if (!isLikely) return [];
    try {
      return [{ coding, bytes: run() }];
    } catch {
      return [];
    }
  });
}

function isZlib(body: Buffer): boolean {
  return ((body[0] ?? 0) & 0x0f) === 8 && body.length > 2 && body.readUInt16BE(0) % 31 === 0;
}

/**
 * The body as common compressors write it. Only repeatable output can be found: the same algorithm,
 * level and header, without a timestamp.
 */
export function* recompress(body: Buffer): Generator<Unpacked> {
  if (body.length > MAX_RECOMPRESSED_BYTES) return;
  for (const level of [6, 9, 1]) {
    const packed = gzipSync(body, { level });
    // Byte 9 names the operating system, and builds of zlib differ in it.
    for (const system of [0x03, 0xff, 0x00, 0x13, 0x0a]) {
      const bytes = Buffer.from(packed);
      bytes[9] = system;
      yield { coding: 'gzip', bytes };
    }
    yield { coding: 'deflate', bytes: deflateSync(body, { level }) };
    yield { coding: 'raw deflate', bytes: deflateRawSync(body, { level }) };
  }
  for (const quality of [4, 5]) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
    yield { coding: 'br', bytes: brotliCompressSync(body, { params }) };
  }
}
