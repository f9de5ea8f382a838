import { unreadable } from './input.ts';

/** One row of a dump: its offset as written, and its bytes in hex. */
type Row = readonly [offset: string, hex: string];

interface DumpKind {
  /** Matches a row; groups: offset, hex digits with blanks between them. */
  readonly row: RegExp;
  /** Whether the digits are little-endian words of two bytes. */
  readonly isWords?: boolean;
}

const CURL_ROW = /^([0-9a-f]{4,}): ((?:[0-9a-f]{2} ){1,16})/i;

/** How xxd, hexdump -C (and Wireshark's "Hex Dump"), od -t x1, and hexdump or od -x write a row. */
const KINDS: readonly DumpKind[] = [
  { row: /^([0-9a-f]{4,16}): ((?:[0-9a-f]{2}){1,16}(?: (?:[0-9a-f]{2}){1,16})*)(?: {2}|\s*$)/i },
  { row: /^([0-9a-f]{4,16}) {2}((?:[0-9a-f]{2} {1,2}){0,15}[0-9a-f]{2})(?=\s|$)/i },
  { row: /^([0-9a-f]{6,8}) ((?:[0-9a-f]{2} ){0,15}[0-9a-f]{2})(?=\s|$)/i },
  { row: /^([0-9a-f]{7,8}) ((?: {0,4}[0-9a-f]{4}){1,8})\s*$/i, isWords: true },
];

const CURL_TRACE = /^(?:\d\d:\d\d:\d\d\.\d+ )?(?:\[[\d-]+\] )?(==|=>|<=) (Info|Send|Recv)/;
const SECTION =
  /^(?:\d\d:\d\d:\d\d\.\d+ )?(?:\[[\w-]+\] )?(?:==|([=<])[>=]) (Info|Send|Recv) ?(header|data|SSL)?/;

/** Whether a text begins as a hex dump that keeps every byte. */
export function isHexDump(start: string): boolean {
  const lines = start.split(/\r?\n/, 200);
  const [first = ''] = lines;
  if (CURL_TRACE.test(first)) return lines.some((line) => CURL_ROW.test(line));
  if (kindOf(first) !== undefined) return lines.length > 1 || first.includes('|');
  return /^[0-9a-f]{8,}$/i.test(first) && lines.slice(0, -1).every(isPlainHex);
}

/** The bytes of a hex dump: `curl --trace`, xxd, xxd -p, hexdump, od -x and od -t x1. Throws INPUT_UNREADABLE for others. */
export function parseHexDump(text: string, source: string): Buffer {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  if (CURL_TRACE.test(first)) return parseCurlTrace(lines, source);
  const kind = kindOf(first);
  if (kind !== undefined) return parseRows(lines, kind, source);
  if (lines.every(isPlainHex)) return Buffer.from(lines.join('').replace(/\s/g, ''), 'hex');
  throw unreadable(source, 'line 1', 'expected a hex dump such as xxd or hexdump -C write');
}

function isPlainHex(line: string): boolean {
  return /^(?:[0-9a-f]{2})*\s*$/i.test(line);
}

function kindOf(line: string): DumpKind | undefined {
  return KINDS.find(({ row }) => row.test(line));
}

/** The headers and data that curl sent, as the bytes of HTTP requests. */
function parseCurlTrace(lines: readonly string[], source: string): Buffer {
  const parts: string[] = [];
  let isSent = false;
  for (const [index, line] of lines.entries()) {
    const section = SECTION.exec(line);
    if (section !== null) {
      isSent = section[2] === 'Send' && section[3] !== 'SSL';
      continue;
    }
    if (!isSent || line.trim() === '') continue;
    const hex = CURL_ROW.exec(line)?.[2];
    if (hex === undefined) {
      const problem =
        'expected a row of hex, got text: `curl --trace-ascii` does not keep every byte';
      throw unreadable(source, `line ${index + 1}`, problem, 'record it with `curl --trace`');
    }
    parts.push(hex.replaceAll(' ', ''));
  }
  return Buffer.from(parts.join(''), 'hex');
}

function parseRows(lines: readonly string[], { row, isWords }: DumpKind, source: string): Buffer {
  const rows = lines.flatMap((line, index): NumberedRow[] => {
    if (line.trim() === '*') return [{ line: index + 1, row: '*' }];
    const [, offset, hex] = row.exec(line) ?? [];
    return offset === undefined || hex === undefined
      ? []
      : [{ line: index + 1, row: [offset, isWords === true ? swapBytes(hex) : hex] }];
  });
  const radix = radixOf(rows.map((one) => one.row));
  const joined = new JoinedRows(source, radix);
  for (const { line, row } of rows) joined.add(row, line);
  const bytes = joined.bytes();
  if (isWords !== true) return bytes;
  // The second byte of the last word may be padding. The offset in the last line shows where the bytes end.
  const end = lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
  const length = /^[0-9a-f]{7,8}$/i.test(end) ? Number.parseInt(end, radix) : bytes.length;
  return length === bytes.length - 1 ? bytes.subarray(0, length) : bytes;
}

/** Swaps the two bytes of each word of four digits. */
function swapBytes(words: string): string {
  return words.replace(/([0-9a-f]{2})([0-9a-f]{2})/gi, '$2$1');
}

interface NumberedRow {
  readonly line: number;
  /** `*` stands for one or more repetitions of the row before it. */
  readonly row: Row | '*';
}

/** Joins rows. Each row must begin at the offset where the one before ended. */
class JoinedRows {
  private readonly parts: Buffer[] = [];
  private size = 0;
  private isSqueezed = false;
  private readonly source: string;
  private readonly radix: 8 | 16;

  constructor(source: string, radix: 8 | 16) {
    this.source = source;
    this.radix = radix;
  }

  add(row: Row | '*', line: number): void {
    if (row === '*') {
      this.isSqueezed = true;
      return;
    }
    const offset = Number.parseInt(row[0], this.radix);
    if (this.isSqueezed) this.repeatUntil(offset);
    this.isSqueezed = false;
    if (offset !== this.size) {
      const problem = `expected the row of byte ${this.size}, got that of byte ${offset}: a row is missing`;
      throw unreadable(this.source, `line ${line}`, problem);
    }
    this.push(Buffer.from(row[1].replace(/\s/g, ''), 'hex'));
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  private repeatUntil(offset: number): void {
    const last = this.parts.at(-1);
    if (last === undefined) return;
    // The offset may be forged, so the number of repeated bytes is limited.
    while (this.size < Math.min(offset, MAX_REPEATED)) this.push(last);
  }

  private push(bytes: Buffer): void {
    this.parts.push(bytes);
    this.size += bytes.length;
  }
}

/** The most bytes that `*` stands for. */
const MAX_REPEATED = 256 * 1024 * 1024;

/** The radix of the offsets. od writes octal offsets by default. */
function radixOf(rows: readonly (Row | '*')[]): 8 | 16 {
  const [first, second] = rows.filter((row) => row !== '*');
  if (first === undefined || second === undefined) return 16;
  const length = first[1].replace(/\s/g, '').length / 2;
  return Number.parseInt(second[0], 8) === length ? 8 : 16;
}
