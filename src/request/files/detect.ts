import { isBruno } from './bruno.ts';
import { isCurlScript } from './curl-command.ts';
import { isHexDump } from './hex-dump.ts';
import { isEditorFile } from './http-editor.ts';
import { type InputFormat, unreadable } from './input.ts';
import { parseJson } from './json-input.ts';
import { isCsv } from './table-rows.ts';

/** The hint when the input is not a recording but may be a copied body. */
export const BODY_HINT =
  'for a body alone add --signature <hex>; --format names the kind where it is not recognised';

/** The number of bytes at the start of an input that are used to detect the format. */
export const HEAD_BYTES = 64 * 1024;

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/\d(\.\d)?$/;
const STATUS_LINE = /^HTTP\/\d(\.\d)? \d{3}( |$)/;

export function isRequestLine(line: string): boolean {
  return REQUEST_LINE.test(line);
}

export function isStatusLine(line: string): boolean {
  return STATUS_LINE.test(line);
}

/** Whether a line can stand between two requests of an `.http` file: a separator or a comment. */
export function isBetweenLine(line: string): boolean {
  return line.startsWith('#') || line.startsWith('//');
}

/** Detects the format of an input from its first bytes. Throws INPUT_UNREADABLE if they do not show it. */
export function detectFormat(head: Buffer, source: string): InputFormat {
  const text = head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const skipped = head.length - text.length + (/^\s*/.exec(text)?.[0].length ?? 0);
  const start = head.toString('latin1', skipped);
  if (start === '') throw unreadable(source, 'byte 0', 'expected a request, got an empty input');
  const format = formatOf(start);
  if (format !== null) return format;
  throw notRequest(head, skipped, source);
}

function formatOf(start: string): InputFormat | null {
  const [line = ''] = start.split(/\r?\n/, 1);
  if (isHexDump(start)) return 'hex';
  if (isEditorFile(start)) return 'http';
  if (start.startsWith('type: collection.insomnia')) return 'yaml';
  if (isCsv(start)) return 'csv';
  if (noiseOf(start) !== undefined) return null;
  if (isCurlScript(start)) return 'curl';
  if (isBruno(start)) return 'bruno';
  if (isRequestLine(line) || isStatusLine(line)) return 'http';
  if (start.startsWith('{') || start.startsWith('[')) return jsonFormatOf(start, line);
  if (/^(await )?fetch\(/.test(start)) return 'json';
  if (hasHeaderBlock(start)) return 'http';
  if (isBetweenLine(line)) return 'http';
  // An object that a log prints over several lines, behind its prefix.
  if (/^[^\n{]*\{[ \t]*\r?\n/.test(start) && /signature/i.test(start)) return 'json';
  // A log with JSON in its lines, or the events of a stream (`data: {…}`).
  return /^[^\n]*\{/m.test(start) && /signature|"?headers"?\s*[:=]/i.test(start) ? 'ndjson' : null;
}

function jsonFormatOf(start: string, line: string): InputFormat {
  if (/"log"\s*:\s*\{\s*"(version|creator|browser|pages|entries|comment)"/.test(start))
    return 'har';
  if (/^[^\n]*"type"\s*:\s*"(capture"|\w+"\s*,\s*"v"\s*:\s*1)/.test(start)) return 'ndjson';
  // A single line may also be a body.
  const isWhole = start.trimEnd().length > line.length && parseJson(line) !== undefined;
  const isLogLine = /^\[[^\]{]*\]\s*[^\s,\]]/.test(line);
  return isWhole || isLogLine ? 'ndjson' : 'json';
}

/** Whether a text begins with header lines without a request line, a signature among them. */
export function hasHeaderBlock(start: string): boolean {
  const [block = ''] = start.split(/\r?\n\r?\n/, 1);
  const lines = block.split(/\r?\n/);
  return lines.every((line) => HEADER_LINE.test(line)) && /^[\w-]*signature\s*:/im.test(block);
}

/** Pseudo-headers of HTTP/2 begin with a colon. */
const HEADER_LINE = /^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+:/;

/** Recordings that look like HTTP but do not contain the exact bytes. */
const NOISE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(\d\d:\d\d:\d\d\.\d+ )?(== Info:|[<=]= ?(Send|Recv) |=> Send )/, 'a curl trace in ASCII'],
  [/^[*<>] /, 'the output of curl --verbose'],
  [/^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (IP6?|ethertype|In|Out) /, 'the output of tcpdump'],
  [/^tcpdump: |^reading from file/, 'the output of tcpdump'],
  [/^E..{4}@\./, 'a packet printed by tcpdump -A'],
  [/^(\u00d4\u00c3\u00b2\u00a1|\u00a1\u00b2\u00c3\u00d4|\n\r\r\n)/, 'a packet capture (pcap)'],
];

function noiseOf(start: string): string | undefined {
  return NOISE.find(([pattern]) => pattern.test(start))?.[1];
}

/** The error for bytes at `at` that are not a request; it names what they look like. */
export function notRequest(bytes: Buffer, at: number, source: string): Error {
  const start = bytes.toString('latin1', at, at + 2000);
  const [line = ''] = start.split(/\r?\n/, 1);
  const noise = noiseOf(start);
  if (noise !== undefined) {
    return unreadable(
      source,
      `byte ${at}`,
      `expected a request line such as "POST /hook HTTP/1.1", got ${noise}, which does not keep the exact bytes`,
      'let `relyable webhooks listen` receive the request, record it with `curl --trace`, or save the raw stream (Wireshark: Follow TCP Stream, show as Raw)',
    );
  }
  const isJson = /^\s*[{[]/.test(start);
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return unreadable(
    source,
    `byte ${at}`,
    isJson
      ? 'expected requests, got JSON without headers, which could be a body alone'
      : `expected a request line such as "POST /hook HTTP/1.1", got ${JSON.stringify(shown)}`,
    isJson
      ? 'add --signature <hex> with the X-Relyable-Signature it came with, or --format'
      : BODY_HINT,
  );
}
