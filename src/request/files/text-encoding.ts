/** The encodings in which Windows tools save text. */
export type WideEncoding = 'utf-16le' | 'utf-16be';

/** Detects UTF-16 by its byte order mark, or by the zero bytes of ASCII text; null for other encodings. */
export function wideEncodingOf(head: Buffer): WideEncoding | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const sample = head.subarray(0, 200);
  if (sample.length < 8) return null;
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries())
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const half = Math.floor(sample.length / 2);
  if (zeros[0] === 0 && (zeros[1] ?? 0) >= half * 0.9) return 'utf-16le';
  return zeros[1] === 0 && (zeros[0] ?? 0) >= half * 0.9 ? 'utf-16be' : null;
}

/**
 * Converts UTF-16 chunks to UTF-8 without the byte order mark and, on request, without the line end that
 * PowerShell's `>` adds.
 */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: WideEncoding,
  dropsLastLineEnd: boolean,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  let rest = '';
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk, { stream: true });
    rest = /\r?\n?$/.exec(text)?.[0] ?? '';
    yield Buffer.from(text.slice(0, text.length - rest.length));
  }
  rest += decoder.decode();
  yield Buffer.from(dropsLastLineEnd ? rest.replace(/\r\n$/, '') : rest);
}
