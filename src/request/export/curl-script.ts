import type { Capture } from '../capture.ts';
import { quotePosix } from '../../shell-quote.ts';
import { curlCommandPieces } from '../curl.ts';
import { captureUrl } from './capture-url.ts';

/** Headers that curl makes itself from the body it sends. */
const MADE_BY_CURL: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
]);

/** Headers that curl adds by default. */
const ADDED_BY_CURL = ['Accept', 'Content-Type', 'User-Agent'];

/** Captures as commands for any POSIX shell, in order; body bytes and headers as received. */
export function* writeCurlScript(captures: Iterable<Capture>): Generator<string> {
  for (const capture of captures) {
    yield* toCommand(capture);
    yield '\n';
  }
}

function toCommand(capture: Capture): Generator<string> {
  const headers = capture.headers.filter(([name]) => !MADE_BY_CURL.has(name.toLowerCase()));
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  const options = [
    ...(capture.method === 'POST' ? [] : [`-X ${quotePosix(capture.method)}`]),
    // The path as it was, `..` included.
    '--path-as-is',
    ...ADDED_BY_CURL.filter((name) => !present.has(name.toLowerCase())).map(
      (name) => `-H '${name}:'`,
    ),
  ];
  const url = { href: captureUrl(capture).replace(/[^!-~]/g, percentEncode) };
  return curlCommandPieces({ url, headers, body: capture.body, options });
}

/** A byte that a URL cannot hold, encoded as curl does, which refuses DEL alone. */
function percentEncode(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}
