import type { Capture } from '../webhook/capture.ts';
import { formatCurlCommand } from '../webhook/curl-command.ts';
import type { HeaderPair } from '../webhook/request.ts';
import { captureUrl } from './capture-url.ts';

/** Headers that curl makes itself from the body it sends. */
const MADE_BY_CURL: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
]);

/** Headers that curl adds unless told otherwise. */
const ADDED_BY_CURL = ['Accept', 'Content-Type', 'User-Agent'];

/** Captures as commands for any POSIX shell, in order; body bytes and headers as received. */
export function* writeCurlScript(captures: Iterable<Capture>): Generator<string> {
  for (const capture of captures) yield `${toCommand(capture)}\n`;
}

function toCommand(capture: Capture): string {
  const headers = capture.headers
    .filter(([name]) => !MADE_BY_CURL.has(name.toLowerCase()))
    .map(([name, value]): HeaderPair => [name, toText(value)]);
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  const options = [
    ...(capture.method === 'POST' ? [] : [`-X ${quoteWord(capture.method)}`]),
    // The path as it was, `..` included.
    '--path-as-is',
    ...ADDED_BY_CURL.filter((name) => !present.has(name.toLowerCase())).map(
      (name) => `-H '${name}:'`,
    ),
  ];
  const url = captureUrl(capture);
  return formatCurlCommand({ url: { href: url }, headers, body: capture.body, options });
}

/** Header bytes as the text whose UTF-8 is those bytes, where there is one. */
function toText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : value;
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
