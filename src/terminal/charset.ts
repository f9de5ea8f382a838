/** The ASCII replacements of our marks, for character sets without them. */
const ASCII_MARKS: Readonly<Record<string, string>> = {
  '✓': 'ok',
  '✗': 'x',
  '→': '->',
  '↑': 'up',
  '↓': 'down',
  '│': '|',
  '─': '-',
  '…': '...',
  '·': '|',
  '×': 'x',
  '«': '<<',
  '»': '>>',
  '✉': 'mail:',
  '’': "'",
};

/**
 * Whether the terminal's locale is UTF-8 (POSIX: the first of LC_ALL, LC_CTYPE, LANG that is set).
 * If none is set, UTF-8 is assumed. On Windows, the console can show any text.
 */
export function isUtf8Locale(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  if (platform === 'win32') return true;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(Boolean);
  return locale === undefined || /utf-?8/i.test(locale);
}

/** Makes text for people legible in the terminal's locale. */
export function createLegible(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): (text: string) => string {
  return isUtf8Locale(env, platform) ? (text) => text : toAscii;
}

/**
 * Converts text to ASCII, for locales other than UTF-8: our marks become words, all other characters become
 * visible escapes. In such a locale, bytes of UTF-8 may be control characters (0x9b is CSI in ISO 8859-1).
 */
export function toAscii(text: string): string {
  return text.replace(
    /[^\0-\u007f]/gu,
    (char) => ASCII_MARKS[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
