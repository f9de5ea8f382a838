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
 * A POST as a command for any POSIX shell with curl, exact to the byte and safe to look at whatever
 * path, headers and body hold.
 * `-i` shows the answer's status, which is what counts.
 */
export function formatCurlCommand({ url, headers, body, options = [] }: CurlRequest): string {
  const text = body.length <= MAX_ARGUMENT_BYTES ? printableText(body) : undefined;
  const parts = [
    `curl -i${/[[\]{}]/.test(url.href) ? ' -g' : ''} ${quote(url.href)}`,
    ...options,
    // `Name;` is how curl is told to send a header without a value.
    ...headers.map(([name, value]) => {
      const header = value === '' ? `${name};` : `${name}: ${value}`;
      return `-H ${shellWord(Buffer.from(header, 'latin1'))}`;
    }),
    text === undefined ? '--data-binary @-' : `--data-raw ${quote(text)}`,
  ];
  const command = parts.join(' \\\n  ');
  return text === undefined ? `${printf(body)} | ${command}` : command;
}

/**
 * Bytes other than NUL, the last one no newline, as one word of a POSIX shell: quoted where they are
 * printable text, else written by `printf`.
 */
export function shellWord(bytes: Uint8Array): string {
  const text = printableText(bytes);
  return text === undefined ? `"$(${printf(bytes)})"` : quote(text);
}

/** The text whose UTF-8 the bytes are; undefined where there is none that can be shown. */
function printableText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  const isExact = Buffer.from(text, 'utf8').equals(bytes);
  return isExact && !UNPRINTABLE.test(text) ? text : undefined;
}

function printf(bytes: Uint8Array): string {
  return `printf '%b' '${escapeForPrintf(bytes)}'`;
}

/** Everything but letters and digits as `\0ooo`, which `printf %b` turns back (POSIX). */
function escapeForPrintf(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
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
