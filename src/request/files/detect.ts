import { type InputFormat, unreadable } from './input.ts';

/** The format of an input is detected in its first bytes. */
export const HEAD_BYTES = 64 * 1024;

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/\d(\.\d)?$/;
const STATUS_LINE = /^HTTP\/\d(\.\d)? \d{3}( |$)/;

export function isRequestLine(line: string): boolean {
  return REQUEST_LINE.test(line);
}

export function isStatusLine(line: string): boolean {
  return STATUS_LINE.test(line);
}

/** A line between two requests of an `.http` file: a separator or a comment. */
export function isBetweenLine(line: string): boolean {
  return line.startsWith('#') || line.startsWith('//');
}

/** The format of an input by its first bytes. INPUT_UNREADABLE where they do not say. */
export function detectFormat(head: Buffer, source: string): InputFormat {
  const text = head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const skipped = head.length - text.length + (/^\s*/.exec(text)?.[0].length ?? 0);
  const start = head.toString('latin1', skipped);
  if (start === '') throw unreadable(source, 'byte 0', 'expected a request, got an empty input');
  const [line = ''] = start.split(/\r?\n/, 1);
  if (isRequestLine(line) || isStatusLine(line) || isBetweenLine(line)) return 'http';
  if (start.startsWith('{')) {
    if (/^[^\n]*"type"\s*:\s*"(capture"|\w+"\s*,\s*"v"\s*:\s*1)/.test(start)) return 'ndjson';
    if (/"log"\s*:\s*\{/.test(start)) return 'har';
  }
  throw notRequest(head, skipped, source);
}

/** Recordings that look like HTTP and do not have the exact bytes. */
const NOISE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(\d\d:\d\d:\d\d\.\d+ )?(== Info:|[<=]= ?(Send|Recv) |=> Send )/, 'a curl trace'],
  [/^[*<>] /, 'the output of curl --verbose'],
  [/^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (IP6?|ethertype|In|Out) /, 'the output of tcpdump'],
  [/^(\u00ff\u00fe|\u00fe\u00ff)/, "UTF-16 text, as PowerShell's > writes it"],
  [/^tcpdump: |^reading from file/, 'the output of tcpdump'],
  [/^E..{4}@\./, 'a packet printed by tcpdump -A'],
  [/^(\u00d4\u00c3\u00b2\u00a1|\u00a1\u00b2\u00c3\u00d4|\n\r\r\n)/, 'a packet capture (pcap)'],
];

/** The error for bytes at `at` that are not a request; it names what they look like. */
export function notRequest(bytes: Buffer, at: number, source: string): Error {
  const start = bytes.toString('latin1', at, at + 2000);
  const [line = ''] = start.split(/\r?\n/, 1);
  const noise = NOISE.find(([pattern]) => pattern.test(start));
  if (noise !== undefined) {
    return unreadable(
      source,
      `byte ${at}`,
      `expected a request line such as "POST /hook HTTP/1.1", got ${noise[1]}, which does not keep the exact bytes`,
      'let `relyable webhooks listen` receive the request, or save the raw stream (Wireshark: Follow TCP Stream, show as Raw)',
    );
  }
  const isJson = /^\s*[{[]/.test(start);
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return unreadable(
    source,
    `byte ${at}`,
    isJson
      ? 'expected requests (HTTP, HAR or an export), got JSON, which could be a body alone'
      : `expected a request line such as "POST /hook HTTP/1.1", got ${JSON.stringify(shown)}`,
    isJson
      ? 'add --signature <hex> with the X-Relyable-Signature it came with, or --format'
      : 'for a body alone add --signature <hex>; --format names the kind where it is not recognised',
  );
}
