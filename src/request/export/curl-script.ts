import type { Capture } from '../capture.ts';
import type { WebhookRequest } from '../request.ts';
import { quotePosix } from '../../shell-quote.ts';
import { curlCommandPieces } from '../curl.ts';
import { captureUrl } from './capture-url.ts';

/** Headers that curl derives from the body. */
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

/** A request as a command. `href` is the URL to send it to; by default, the URL at which it was received. */
export function writeCurlCommand(request: WebhookRequest, href?: string): string {
  return [...toCommand(request, href)].join('');
}

function toCommand(request: WebhookRequest, href = captureUrl(request)): Generator<string> {
  const headers = request.headers.filter(([name]) => !MADE_BY_CURL.has(name.toLowerCase()));
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  const options = [
    ...(request.method === 'POST' ? [] : [`-X ${quotePosix(request.method)}`]),
    // Keeps the path unchanged, including `..`.
    '--path-as-is',
    ...ADDED_BY_CURL.filter((name) => !present.has(name.toLowerCase())).map(
      (name) => `-H '${name}:'`,
    ),
  ];
  const url = { href: href.replace(/[^!-~]/g, percentEncode) };
  return curlCommandPieces({ url, headers, body: request.body, options });
}

/** Encodes a byte that a URL cannot contain, as curl itself does for all of them but DEL, which curl refuses. */
function percentEncode(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}
