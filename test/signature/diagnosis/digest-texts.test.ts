import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { findDigests, type Found } from '../../../src/signature/diagnosis/digest-texts.ts';
import { listFile, toList } from '../../support/lists.ts';

const MAC = createHmac('sha256', 'key').update('a body').digest();
const HEX = MAC.toString('hex');
const BASE64 = MAC.toString('base64');
const hexOf = (length: number): string => HEX.repeat(10).slice(0, length);
const base64Of = (length: number): string => 'Ab+/c_d-'.repeat(30).slice(0, length);
const listOf = (count: number, mark: string): string =>
  Array.from(MAC.toString('hex').repeat(3).matchAll(/../g), ([byte]) => byte)
    .slice(0, count)
    .join(mark);
const numbersOf = (count: number, mark: string, last = 7): string =>
  [...Array.from({ length: count - 1 }, (_, at) => at * 3), last].join(mark);
const times = (count: number, change: (text: string) => string): string =>
  Array.from({ length: count }).reduce<string>((text) => change(text), HEX);
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const signed = (isPadded: boolean): string =>
  [...MAC]
    .map((byte) => {
      const digits = (byte < 128 ? byte : 0xffffff00 + byte).toString(16);
      return isPadded ? digits.padStart(2, '0') : digits;
    })
    .join('');
/** Bytes of which some number can stand in a header; the others are `.`. */
const heldBytes = (count: number): string => '\u00e9'.repeat(count) + '.'.repeat(32 - count);

/** At the borders of what is read. */
const VALUES: readonly string[] = [
  '',
  'none',
  ...[15, 16, 19, 20, 32, 39, 40, 55, 56, 62, 63, 64, 65, 66, 128, 129, 130].map(hexOf),
  ...[20, 21, 22, 43, 44, 172, 173].map(base64Of),
  BASE64,
  `${BASE64.replace('=', '')}==`,
  HEX.toUpperCase(),
  `0x${HEX}`,
  `0x${hexOf(40)}`,
  `0X${hexOf(56)}`,
  `z${HEX}`,
  `${HEX}z`,
  `f ${HEX}`,
  `${HEX} ${hexOf(32)}`,
  `${HEX},${BASE64}`,
  `whsec_${HEX}`,
  `whsec_${HEX} after`,
  `before_${hexOf(63)}`,
  `${'b'.repeat(15)} ${'c'.repeat(15)} ${HEX} ${'d'.repeat(15)} ${'e'.repeat(15)}`,
  `%22${HEX}%22`,
  `%E2%82%AC${HEX}`,
  `%zz${HEX}`,
  `%ff${HEX}`,
  `%0a`,
  encodeURIComponent(`sha256=${BASE64}`),
  encodeURIComponent(encodeURIComponent(`"${HEX}"`)),
  `\\"${HEX}\\n\\"`,
  `${HEX}\\x0a\\u000D\\t\\r\\X0A\\N`,
  `&quot;${HEX}&quot;`,
  `&#34;${HEX}&#x22;&#X22;`,
  `&amp;#34;${HEX}`,
  `&nothing;${HEX}`,
  `&;${HEX}`,
  `&#;${HEX}`,
  latin1(Buffer.from(`\u200b${HEX.slice(0, 30)}\u00a0${HEX.slice(30)}`)),
  `${HEX.slice(0, 30)} ${HEX.slice(30)}`,
  `${HEX.slice(0, 32)}\u00ad${HEX.slice(32)}`,
  Buffer.from(HEX).toString('hex'),
  ` ${Buffer.from(HEX).toString('hex')} `,
  Buffer.from(`${HEX} x`).toString('hex'),
  Buffer.from('a b c d e f g h i').toString('hex'),
  Buffer.from('fifteen letters').toString('hex'),
  Buffer.from('sixteen-letters!').toString('hex'),
  Buffer.from('x'.repeat(256)).toString('hex'),
  Buffer.from('x'.repeat(257)).toString('hex'),
  `${Buffer.from('sixteen-letters!').toString('hex')}0`,
  Buffer.from(`sha256=${HEX}`).toString('base64'),
  Buffer.from(`two\nlines ${HEX}\r`).toString('base64'),
  Buffer.from('15 characters..').toString('base64'),
  Buffer.from('16 characters...').toString('base64'),
  Buffer.from(`\u0001 ${HEX}`).toString('base64'),
  Buffer.from('x'.repeat(768)).toString('base64'),
  Buffer.from('x'.repeat(771)).toString('base64'),
  times(2, (text) => Buffer.from(text).toString('base64')),
  times(3, (text) => Buffer.from(text).toString('base64')),
  times(3, (text) => `%22${encodeURIComponent(text)}\\n&quot;`),
  ...[':', '-', ' ', ', ', ',', '\\x', ' 0x', ', 0x', ':  '].map((mark) => listOf(32, mark)),
  ...[15, 16, 17, 64, 65].map((count) => listOf(count, ':')),
  `0x${listOf(32, ' 0x')}`,
  listOf(32, ':').toUpperCase(),
  listOf(32, '-').replaceAll('0', ''),
  `fingerprint ${listOf(20, ':')} of it`,
  ...[15, 16, 17, 64, 65].map((count) => numbersOf(count, ',')),
  ...[', ', '\n', ' ', ' ,\t'].map((mark) => numbersOf(32, mark)),
  ...[-128, -129, 255, 256, 1000].map((last) => numbersOf(32, ',', last)),
  `[${numbersOf(32, ', ')}]`,
  signed(true),
  signed(false),
  `0x${signed(true).toUpperCase()}`,
  [...MAC].map((byte) => byte.toString(16)).join(''),
  HEX.replace(/^./, '0').replace(/^0+/, ''),
  createHmac('sha1', 'key').update('a body').digest('hex'),
  createHmac('sha512', 'key').update('a body').digest('hex'),
  latin1(MAC),
  ` ${latin1(MAC)} `,
  latin1(Buffer.from(latin1(MAC))),
  latin1(MAC)
    .replace(/[\0-\x20]/g, '?')
    .replace(/[\x7f]/g, '.'),
  latin1(MAC).slice(1),
  `${latin1(MAC)}\u00e9`,
  `${latin1(MAC).slice(1)}\u20ac`,
  'only ASCII, 32 characters of it..',
  'only ASCII, 32 characters of it.',
  ...[11, 12, 13].map(heldBytes),
  hexOf(64).repeat(8) + hexOf(10),
  Array.from({ length: 20 }, (_, at) => hexOf(16).replace(/^../, `${10 + at}`)).join(' '),
  `${'x '.repeat(4064)}${HEX}`,
  `${'x '.repeat(4064)}${HEX}.`,
];

function describeFound(found: Found): string {
  const { kind, text, notes } = found;
  const written = found.kind === 'shape' ? (found.write(HEX) === text ? ', of it' : ', not') : '';
  const shown = text.length > 80 ? `${text.slice(0, 60)}… (${text.length})` : text;
  const said = notes.map((note) => `${note.reason}: it ${note.text}`).join('; ');
  return `  ${kind}${written} ${JSON.stringify(shown)}${said === '' ? '' : `; ${said}`}`;
}

it('lists the texts in a value that may be a digest', async () => {
  const lines = VALUES.flatMap((value) =>
    [
      JSON.stringify(value.length > 120 ? `${value.slice(0, 90)}… (${value.length})` : value),
    ].concat(findDigests(value).map(describeFound)),
  );
  await expect(toList(lines)).toMatchFileSnapshot(listFile('digest-texts'));
});

it.each([
  ['bytes without zeros', [1, 128, 16], '18010'],
  ['signed bytes', [1, 127, 128, 255], '017fffffff80ffffffff'],
  ['signed bytes without zeros', [1, 127, 128, 255], '17fffffff80ffffffff'],
])('writes %s', (_, bytes, written) => {
  const digest = Buffer.from(bytes).toString('hex');
  const value = `${'f'.repeat(20)}ffffff`;
  const writings = findDigests(value.repeat(2)).flatMap((found) =>
    found.kind === 'shape' ? [found.write(digest)] : [],
  );
  expect(writings).toContain(written);
});
