import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  crc32,
  deflateRawSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { headerValues, type HeaderPair } from '../../../request/request.ts';

/** The most bytes that a body is decompressed to. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
/** Larger bodies are not compressed: a dozen ways are tried, which would take too long. */
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
 * The body as common compressors write it. The sender's bytes are found only if its algorithm, level
 * and header are among those tried and its header has no timestamp.
 */
export function* recompress(body: Buffer): Generator<Unpacked> {
  if (body.length > MAX_RECOMPRESSED_BYTES) return;
  for (const level of [6, 9, 1]) {
    // Creating a compressor takes longer than compressing a small body, so all three framings share one.
    const raw = deflateRawSync(body, { level });
    for (const system of [0x03, 0xff, 0x00, 0x13, 0x0a]) {
      yield { coding: 'gzip', bytes: asGzip(raw, body, level, system) };
    }
    yield { coding: 'deflate', bytes: asZlib(raw, body, level) };
    yield { coding: 'raw deflate', bytes: raw };
  }
  for (const quality of [4, 5]) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
    yield { coding: 'br', bytes: brotliCompressSync(body, { params }) };
  }
}

/** The gzip framing (RFC 1952) without name and time. `system` is the header's operating system, which depends on the build of zlib. */
function asGzip(raw: Buffer, body: Buffer, level: number, system: number): Buffer {
  const extra = level === 9 ? 2 : level === 1 ? 4 : 0;
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(body));
  end.writeUInt32LE(body.length, 4);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, extra, system]), raw, end]);
}

/** The zlib framing (RFC 1950). */
function asZlib(raw: Buffer, body: Buffer, level: number): Buffer {
  const flags = level === 9 ? 0xda : level === 1 ? 0x01 : 0x9c;
  const end = Buffer.alloc(4);
  end.writeUInt32BE(adler32(body));
  return Buffer.concat([Buffer.from([0x78, flags]), raw, end]);
}

function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}
