import { readCapturedLine } from './captured-line.ts';
import { isJudged } from '../../signature/verify.ts';
import { hasHeader, SIGNATURE_HEADER } from '../request.ts';
import { type InputItem, toUnreadable, unreadable } from './input.ts';
import { parseJson, parseJsonInput } from './json-input.ts';
import { findRequests, findRequestsInJson } from './json-requests.ts';
import { parseLogfmt } from './logfmt.ts';
import { parsePrinted } from '../../json/printed-value.ts';

/** The longest line that is read. A capture with the largest body that is stored fits. */
const MAX_LINE_BYTES = 400 * 1024 * 1024;

/**
 * The requests in lines of JSON: captures of an export, or requests in a log. The lines are read one by
 * one in constant memory. A line that cannot be read gives an item with the error; the other lines are
 * still read.
 */
export async function* parseLines(
  chunks: AsyncIterable<Buffer>,
  source: string,
): AsyncGenerator<InputItem> {
  let number = 0;
  for await (const lines of splitLines(chunks, source)) {
    for (const { text, offset } of lines) {
      number += 1;
      if (text.trim() === '') continue;
      for (const item of parseOrReport(text, source, number, offset)) yield item;
    }
  }
}

function parseOrReport(...line: Parameters<typeof parseLine>): readonly InputItem[] {
  try {
    return parseLine(...line);
  } catch (error) {
    return [toUnreadable(error)];
  }
}

function parseLine(
  text: string,
  source: string,
  number: number,
  offset: number,
): readonly InputItem[] {
  const isJson = /^\s*\{/.test(text) || parseJson(text) !== undefined;
  const pairs = isJson ? null : parseLogfmt(text);
  const logged = pairs === null ? [] : findRequests(pairs, `${source}: line ${number}`);
  if (logged.length > 0) return logged;
  const at = isJson ? 0 : text.search(/\{/);
  if (at === -1) return [{ kind: 'skipped', why: 'a line without JSON' }];
  // In a log line, any text may precede the JSON.
  const json = text.slice(at);
  const value =
    at === 0
      ? parseJsonInput(json, source, { offset, line: `line ${number}, ` })
      : (parseJson(json) ?? parsePrinted(json));
  if (isOurs(value, 'capture')) {
    return [toCapture(value, `${source}: line ${number}, byte ${offset}`)];
  }
  const items = findRequestsInJson(json, value, `${source}: line ${number}`);
  return items.length > 0 ? items : [{ kind: 'skipped', why: describeOther(value) }];
}

function isOurs(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}

/** Describes a line without a request, for the message about skipped lines. */
function describeOther(value: unknown): string {
  return isOurs(value, 'attempt')
    ? 'an attempt of `logs`, which has no headers (`logs show --json` has them)'
    : 'a line of JSON without headers and body';
}

/** A capture of an export. */
function toCapture(value: unknown, place: string): InputItem {
  const line = readCapturedLine(value, place);
  const { id, receivedAt, answered, method, path, httpVersion, headers } = line;
  return {
    kind: 'request',
    request: { method, path, httpVersion, headers, body: line.body },
    note: null,
    receivedAt,
    ...(!isJudged(line.verification) && !hasHeader(headers, SIGNATURE_HEADER)
      ? { signatureNotRecorded: true }
      : {}),
    origin: {
      id,
      receivedAt,
      verification: line.verification,
      answered,
      forwards: line.forwards,
      ...(line.source === 'log' ? { source: line.source } : {}),
    },
  };
}

interface TextLine {
  readonly text: string;
  /** The offset of its first byte. */
  readonly offset: number;
}

/** Splits chunks of text into lines. */
class LineSplitter {
  private readonly source: string;
  /** The parts of the current line that were in earlier chunks. */
  private parts: Buffer[] = [];
  private size = 0;
  /** The offset of that line's first byte. */
  private offset = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** The lines that end in a chunk. Use them before the next chunk is read. */
  *linesOf(chunk: Buffer): Generator<TextLine> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      this.size += part.length;
      if (this.size > MAX_LINE_BYTES) {
        const place = `byte ${this.offset}`;
        throw unreadable(this.source, place, 'expected lines of at most 400 MB');
      }
      if (end === -1) {
        this.parts.push(part);
        return;
      }
      yield this.take(part);
      from = end + 1;
    }
  }

  /** The last line, where no newline ends it. */
  rest(): TextLine[] {
    return this.size > 0 ? [this.take(Buffer.alloc(0))] : [];
  }

  private take(last: Buffer): TextLine {
    const bytes = this.parts.length === 0 ? last : Buffer.concat([...this.parts, last]);
    const text = bytes.toString('utf8');
    const line = { text: text.startsWith('\ufeff') ? text.slice(1) : text, offset: this.offset };
    this.offset += bytes.length + 1;
    this.parts = [];
    this.size = 0;
    return line;
  }
}

async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  source: string,
): AsyncGenerator<Iterable<TextLine>> {
  const splitter = new LineSplitter(source);
  for await (const chunk of chunks) yield splitter.linesOf(chunk);
  yield splitter.rest();
}
