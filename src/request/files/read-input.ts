import { RelyableError } from '../../errors.ts';
import { detectFormat, HEAD_BYTES } from './detect.ts';
import { collectChunks } from './files.ts';
import { type InputFormat, type InputItem, type ReadBeside, unreadable } from './input.ts';
import { toUtf8, wideEncodingOf } from './text-encoding.ts';

export interface InputOptions {
  /** Overrides detection. */
  readonly format?: InputFormat;
  /** The signature of a bare body. If it is given, the input is a body, or an envelope around a body. */
  readonly signature?: string;
  /** Reads files that the input names. If it is missing, the input may not name files. */
  readonly readBeside?: ReadBeside;
}

const WIDE_NOTE = "the file is UTF-16, as PowerShell's > writes it; it is read as text";

/** The most encodings that are removed one after the other, e.g. base64 of a hex dump. */
const MAX_LAYERS = 4;

/**
 * The requests of one input. Lines of JSON are streamed; inputs in other formats are read into memory as
 * a whole, up to a limit. Bytes that cannot be read throw INPUT_UNREADABLE and never another error.
 */
export async function* readInput(
  chunks: AsyncIterable<Buffer>,
  source: string,
  options: InputOptions,
): AsyncGenerator<InputItem> {
  const { head, all } = await peek(chunks);
  const encoding = options.format === 'body' ? null : wideEncodingOf(head);
  if (encoding !== null) {
    const isBody = options.signature !== undefined;
    const text = toUtf8(all, encoding, isBody);
    for await (const item of readInput(text, source, options)) {
      yield withNote(item, WIDE_NOTE);
    }
    return;
  }
  if (options.signature !== undefined) {
    const { readBareBody } = await import('./bare-body.ts');
    yield await readBareBody(await collectChunks(all, source), source, {
      ...options,
      signature: options.signature,
    });
    return;
  }
  if (options.format === undefined) {
    const { undoLayer } = await import('./layers.ts');
    if (undoLayer(head) !== null) {
      yield* readWhole(await collectChunks(all, source), source, options, 0);
      return;
    }
  }
  const format = options.format ?? detectFormat(head, source);
  if (format === 'ndjson') {
    const { parseLines } = await import('./json-lines.ts');
    yield* parseLines(all, source);
    return;
  }
  yield* readFormat(await collectChunks(all, source), format, source, options, 0);
}

/** The requests of bytes that may be encoded as a whole, e.g. base64 or a byte string of Python. */
async function* readWhole(
  bytes: Buffer,
  source: string,
  options: InputOptions,
  layer: number,
): AsyncGenerator<InputItem> {
  const { undoLayer } = await import('./layers.ts');
  const undone = layer < MAX_LAYERS ? undoLayer(bytes) : null;
  if (undone !== null) {
    yield* readWhole(undone, source, options, layer + 1);
    return;
  }
  const format = detectFormat(bytes.subarray(0, HEAD_BYTES), source);
  yield* readFormat(bytes, format, source, options, layer);
}

/** The requests of bytes of this format. */
export async function* readFormat(
  bytes: Buffer,
  format: InputFormat,
  source: string,
  options: InputOptions,
  layer: number,
): AsyncGenerator<InputItem> {
  const readBeside = options.readBeside ?? refuseFiles(source);
  switch (format) {
    case 'ndjson': {
      const { parseLines } = await import('./json-lines.ts');
      yield* parseLines(once(bytes), source);
      return;
    }
    case 'har': {
      const { parseHar } = await import('./har.ts');
      yield* parseHar(bytes, source, readBeside);
      return;
    }
    case 'json': {
      const { parseJsonDocument } = await import('./json-document.ts');
      yield* parseJsonDocument(bytes, source, readBeside);
      return;
    }
    case 'yaml': {
      const { parseYaml } = await import('./yaml.ts');
      yield* parseYaml(bytes, source);
      return;
    }
    case 'csv': {
      const { parseCsv } = await import('./csv.ts');
      yield* parseCsv(bytes, source);
      return;
    }
    case 'curl': {
      const { parseCurlScript } = await import('./curl-command.ts');
      yield* parseCurlScript(bytes, source, readBeside);
      return;
    }
    case 'hex': {
      const { parseHexDump } = await import('./hex-dump.ts');
      yield* readWhole(parseHexDump(bytes.toString('latin1'), source), source, {}, layer + 1);
      return;
    }
    case 'bruno': {
      const { parseBruno } = await import('./bruno.ts');
      yield parseBruno(bytes, source);
      return;
    }
    case 'body':
      throw new RelyableError('USAGE', '--format body: a body alone has no signature', {
        hint: 'add --signature <hex> with the X-Relyable-Signature it came with',
      });
    case 'http':
      yield* await readHttp(bytes, source, readBeside);
  }
}

async function readHttp(
  bytes: Buffer,
  source: string,
  readBeside: ReadBeside,
): Promise<Iterable<InputItem>> {
  const { isEditorFile, parseEditorFile } = await import('./http-editor.ts');
  if (isEditorFile(bytes.toString('latin1', 0, HEAD_BYTES))) {
    return parseEditorFile(bytes, source, readBeside);
  }
  const { parseHttpDump } = await import('./http-dump.ts');
  return parseHttpDump(bytes, source);
}

function refuseFiles(source: string): ReadBeside {
  return (name) => {
    const problem = `expected the body itself, got the name of a file (${name}), which is not read from here`;
    throw unreadable(source, 'body', problem);
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Adds a note to a request. The requests of an export get none: they are exact however the input was encoded. */
function withNote(item: InputItem, note: string): InputItem {
  if (item.kind !== 'request' || item.origin !== undefined) return item;
  return { ...item, note: item.note === null ? note : `${note}; ${item.note}` };
}

/** The first bytes of a stream, and the whole stream including these bytes. */
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
