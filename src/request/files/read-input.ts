import { RelyableError } from '../../errors.ts';
import { requestOfBody } from './body.ts';
import { detectFormat, HEAD_BYTES } from './detect.ts';
import { collectChunks } from './files.ts';
import type { InputFormat, InputItem } from './input.ts';

export interface InputOptions {
  /** Overrides detection. */
  readonly format?: InputFormat;
  /** The signature of a bare body; with it, the input is a body. */
  readonly signature?: string;
}

/**
 * The requests of one input, as they are read. An export is streamed; other formats are read into
 * memory as a whole, up to a limit. Throws only INPUT_UNREADABLE, for any bytes.
 */
export async function* readInput(
  chunks: AsyncIterable<Buffer>,
  source: string,
  { format, signature }: InputOptions,
): AsyncGenerator<InputItem> {
  if (signature !== undefined) {
    yield requestOfBody(await collectChunks(chunks, source), signature);
    return;
  }
  const { head, all } = await peek(chunks);
  switch (format ?? detectFormat(head, source)) {
    case 'ndjson': {
      const { parseExport } = await import('./export-lines.ts');
      yield* parseExport(all, source);
      return;
    }
    case 'har': {
      const { parseHar } = await import('./har.ts');
      yield* parseHar(await collectChunks(all, source), source);
      return;
    }
    case 'body':
      throw new RelyableError('USAGE', '--format body: a body alone has no signature', {
        hint: 'add --signature <hex> with the X-Relyable-Signature it came with',
      });
    case 'http': {
      const { parseHttpDump } = await import('./http-dump.ts');
      yield* parseHttpDump(await collectChunks(all, source), source);
    }
  }
}

/** The first bytes of a stream, and the whole stream, including them. */
async function peek(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(first);
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: head.subarray(0, HEAD_BYTES), all: all() };
}
