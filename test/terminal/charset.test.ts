import { expect, it } from 'vitest';
import { isUtf8Locale, toAscii } from '../../src/terminal/charset.ts';

it.each([
  [{}, 'linux', true],
  [{ LANG: '' }, 'linux', true],
  [{ LANG: 'de_DE.UTF-8' }, 'linux', true],
  [{ LANG: 'C.utf8' }, 'darwin', true],
  [{ LANG: 'C' }, 'linux', false],
  [{ LANG: 'en_US.ISO-8859-1' }, 'freebsd', false],
  [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, 'linux', false],
  [{ LC_CTYPE: 'en_US.UTF-8', LANG: 'C' }, 'linux', true],
  [{ LC_ALL: 'C' }, 'win32', true],
] as const)('a locale of %j on %s is UTF-8: %s', (env, platform, expected) => {
  expect(isUtf8Locale(env, platform)).toBe(expected);
});

it('writes marks as words and leaves nothing beyond ASCII', () => {
  expect(toAscii('✓ signature  → 200 …')).toBe('ok signature  -> 200 ...');
  // In ISO 8859-1 the second byte of U+00DB in UTF-8 would be CSI.
  expect(toAscii('Û 日 🙂')).toBe(String.raw`\u{db} \u{65e5} \u{1f642}`);
});
