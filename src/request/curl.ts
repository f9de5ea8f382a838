import { printableText, printfPieces, quotePosix } from '../shell-quote.ts';
import type { HeaderPair } from './request.ts';

export interface CurlRequest {
  readonly url: Pick<URL, 'href'>;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
  /** Further options, e.g. `--insecure`. */
  readonly options?: readonly string[];
}

/** Larger bodies are piped to curl: Linux allows at most 128 KiB in one argument. */
const MAX_ARGUMENT_BYTES = 100_000;

/**
 * A POST as a command for any POSIX shell with curl. The command sends exactly these bytes, and is safe
 * to print for any path, headers and body. `-i` prints the status of the answer.
 */
export function formatCurlCommand(request: CurlRequest): string {
  return [...curlCommandPieces(request)].join('');
}

/** The same command in pieces, which are to be joined. */
export function* curlCommandPieces({
  url,
  headers,
  body,
  options = [],
}: CurlRequest): Generator<string> {
  const text = body.length <= MAX_ARGUMENT_BYTES ? printableText(body) : undefined;
  const parts = [
    `curl -i${/[[\]{}]/.test(url.href) ? ' -g' : ''} ${quotePosix(url.href)}`,
    ...options,
    // For a header with an empty value, curl expects `Name;`.
    ...headers.map(([name, value]) => {
      const header = value === '' ? `${name};` : `${name}: ${value}`;
      return `-H ${quotePosix(Buffer.from(header, 'latin1'))}`;
    }),
    text === undefined ? '--data-binary @-' : `--data-raw ${quotePosix(text)}`,
  ];
  if (text === undefined) {
    yield* printfPieces(body);
    yield ' | ';
  }
  yield parts.join(' \\\n  ');
}
