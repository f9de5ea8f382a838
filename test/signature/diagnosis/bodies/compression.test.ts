import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recompress, unpack } from '../../../../src/signature/diagnosis/bodies/compression.ts';

const BODY = Buffer.from('{"event":"x","text":"a text that repeats, a text that repeats"}');

const READERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  'raw deflate': inflateRawSync,
  br: brotliDecompressSync,
};

describe('a body that is compressed again', () => {
  it('can be read by each decompressor, its checksums included', () => {
    const all = [...recompress(BODY)];
    expect(all.map(({ coding }) => coding)).toEqual([
      ...Array.from({ length: 3 }, () => [
        ...Array.from({ length: 5 }, () => 'gzip'),
        'deflate',
        'raw deflate',
      ]).flat(),
      'br',
      'br',
    ]);
    for (const { coding, bytes } of all) expect(READERS[coding]?.(bytes)).toEqual(BODY);
  });

  it.each([6, 9, 1])('is what zlib writes at level %i', (level) => {
    const all = [...recompress(BODY)].map(({ bytes }) => bytes.toString('hex'));
    expect(all).toContain(gzipSync(BODY, { level }).toString('hex'));
    expect(all).toContain(deflateSync(BODY, { level }).toString('hex'));
    expect(all).toContain(deflateRawSync(BODY, { level }).toString('hex'));
  });

  it('names the system of the compressor in the header: Unix, unknown, FAT, Python and Go', () => {
    const systems = [...recompress(BODY)]
      .filter(({ coding }) => coding === 'gzip')
      .slice(0, 5)
      .map(({ bytes }) => bytes[9]);
    expect(systems).toEqual([0x03, 0xff, 0x00, 0x13, 0x0a]);
  });

  it('is left out above 128 KB', () => {
    expect([...recompress(Buffer.alloc(128 * 1024))]).not.toEqual([]);
    expect([...recompress(Buffer.alloc(128 * 1024 + 1))]).toEqual([]);
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(BODY), ''],
    ['deflate', deflateSync(BODY), ''],
    ['raw deflate', deflateRawSync(BODY), 'Deflate'],
    ['br', brotliCompressSync(BODY), 'BR'],
  ])('is read from %s', (coding, bytes, header) => {
    const headers = header === '' ? [] : [['Content-Encoding', header] as const];
    expect(unpack(bytes, headers)).toEqual([{ coding, bytes: BODY }]);
  });

  it.each([
    ['what no header announces', deflateRawSync(BODY), ''],
    ['another coding', brotliCompressSync(BODY), 'deflate'],
    ['one that is cut', gzipSync(BODY).subarray(0, 30), 'gzip'],
    [
      'one with a wrong checksum',
      Buffer.concat([gzipSync(BODY).subarray(0, -8), Buffer.alloc(8)]),
      '',
    ],
    ['two bytes of zlib', Buffer.from([0x78, 0x9c]), ''],
    ['nothing', Buffer.alloc(0), 'br'],
  ])('is not read from %s', (_, bytes, header) => {
    expect(unpack(bytes, [['Content-Encoding', header]])).toEqual([]);
  });

  it('is not read beyond 16 MB', () => {
    const most = 16 * 1024 * 1024;
    expect(unpack(gzipSync(Buffer.alloc(most)), [])).toHaveLength(1);
    expect(unpack(gzipSync(Buffer.alloc(most + 1)), [])).toEqual([]);
  });
});
