import type { HeaderPair } from './request.ts';

export interface CurlRequest {
  readonly url: Pick<URL, 'href'>;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
  /** Further options, e.g. `--insecure`. */
  readonly options?: readonly string[];
}

/** Linux takes 128 KiB in one argument; a pipe has no such limit. */
const MAX_ARGUMENT_BYTES = 100_000;

// Anything but printable text and newlines: a terminal would act on it, a shell would lose it.
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/**
 * A POST as a command for any POSIX shell with curl, exact to the byte whatever the body holds.
 * `-i` shows the answer's status, which is what counts.
 */
export function formatCurlCommand({ url, headers, body, options = [] }: CurlRequest): string {
  const text = Buffer.from(body).toString('utf8');
  const isPlain =
    body.length <= MAX_ARGUMENT_BYTES &&
    !UNPRINTABLE.test(text) &&
    Buffer.from(text, 'utf8').equals(body);
  const parts = [
    `curl -i${/[[\]{}]/.test(url.href) ? ' -g' : ''} ${quote(url.href)}`,
    ...options,
    // `Name;` is how curl is told to send a header without a value.
    ...headers.map(
      ([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`,
    ),
    isPlain ? `--data-raw ${quote(text)}` : '--data-binary @-',
  ];
  const command = parts.join(' \\\n  ');
  return isPlain ? command : `printf '%b' '${escapeForPrintf(body)}' | ${command}`;
}

/** Everything but letters and digits as `\0ooo`, which `printf %b` turns back (POSIX). */
function escapeForPrintf(body: Uint8Array): string {
  let out = '';
  for (const byte of body) {
    const char = String.fromCharCode(byte);
    out += /[A-Za-z0-9 ,.:;{}[\]"/_-]/.test(char)
      ? char
      : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return out;
}

/** A word that a POSIX shell takes literally. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
