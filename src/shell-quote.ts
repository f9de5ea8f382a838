/** Text that a POSIX shell takes as one word without quotes. */
const PLAIN_POSIX_WORD = /^[\w./:@-]+$/;

/** Text that cmd.exe takes as one word without quotes. */
const PLAIN_CMD_WORD = /^[\w./:\\=-]+$/;

// Everything but printable text and newlines: a terminal acts on it, or a shell loses it.
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/**
 * Bytes as one word of a POSIX shell: in single quotes where they are printable text, else as the
 * output of `printf`. The bytes hold no NUL and do not end in a newline, which a shell drops.
 */
export function quotePosix(word: string | Uint8Array): string {
  const bytes = Buffer.from(word);
  const text = printableText(bytes);
  return text === undefined
    ? `"$(${printfCommand(bytes)})"`
    : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The same for text that people read: without quotes where a shell needs none. */
export function quotePosixIfNeeded(word: string): string {
  return PLAIN_POSIX_WORD.test(word) ? word : quotePosix(word);
}

/** A POSIX shell command that writes exactly these bytes; any bytes are allowed. */
export function printfCommand(bytes: Uint8Array): string {
  return [...printfPieces(bytes)].join('');
}

/** How many bytes are escaped at once. */
const PIECE_BYTES = 64 * 1024;

/** The same in pieces that join to it: a large body makes more text than a string can hold. */
export function* printfPieces(bytes: Uint8Array): Generator<string> {
  yield "printf '%b' '";
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    let text = '';
    for (const byte of bytes.subarray(at, at + PIECE_BYTES)) text += PRINTF_ESCAPES[byte] ?? '';
    yield text;
  }
  yield "'";
}

/** The text whose UTF-8 the bytes are; undefined where it does not exist or cannot be shown. */
export function printableText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  const isExact = Buffer.from(text, 'utf8').equals(bytes);
  return isExact && !UNPRINTABLE.test(text) ? text : undefined;
}

/** A word of a cmd.exe command line. A `%NAME%` in it is still expanded: cmd.exe has no escape for it. */
export function quoteCmdIfNeeded(word: string): string {
  return PLAIN_CMD_WORD.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}

/** Letters, digits and common punctuation as they are, other bytes as `\0ooo` (POSIX `printf %b`). */
const PRINTF_ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9 ,.:;{}[\]"/_-]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
});
