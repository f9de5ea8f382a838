import { type BodyForm, formMaker } from './form.ts';
import { decodeSingleByte, decodeUtf8, encodeSingleByte } from './charsets.ts';

const ONE_BYTE = ['latin-1', 'Windows-1252'] as const;

const latin1 = formMaker('charset_latin1');
const other = formMaker('charset_other');
const inner = formMaker('charset_other', { isInner: true });

/** The body in latin-1, in Windows-1252, or wrongly read as one of them. */
export function latin1Forms(body: Buffer): BodyForm[] {
  if (!/[\u0080-\u00ff]/.test(body.toString('latin1'))) return [];
  const text = decodeUtf8(body);
  if (text === null) {
    return [
      ...ONE_BYTE.map((charset) =>
        latin1(`the body turned from ${charset} into UTF-8`, decodeSingleByte(body, charset)),
      ),
      latin1('the body read as UTF-8, with U+FFFD for what is not', body.toString('utf8')),
    ];
  }
  const encoded = ONE_BYTE.map((charset) => {
    const bytes = encodeSingleByte(text, charset);
    const wasTwice = decodeUtf8(bytes) !== null;
    return latin1(
      wasTwice
        ? `the body without its second encoding as UTF-8 (read as ${charset})`
        : `the body in ${charset} instead of UTF-8`,
      bytes,
    );
  });
  const again = ONE_BYTE.map((charset) =>
    latin1(
      `the body's UTF-8 read as ${charset} and encoded as UTF-8 again`,
      decodeSingleByte(body, charset),
    ),
  );
  return [
    ...encoded,
    ...again,
    latin1(
      'the body in latin-1 by the low byte of each character (Node\'s "latin1" or "binary")',
      Buffer.from(text, 'latin1'),
    ),
  ];
}

/** The body encoded as UTF-16, or decoded from it. */
export function utf16Forms(body: Buffer): BodyForm[] {
  const forms: BodyForm[] = [];
  const isMarkedLittle = body[0] === 0xff && body[1] === 0xfe;
  const isMarkedBig = body[0] === 0xfe && body[1] === 0xff;
  if (body.length % 2 === 0) {
    const start = isMarkedLittle || isMarkedBig ? 2 : 0;
    const rest = Buffer.from(body.subarray(start));
    if (isMarkedLittle || (rest[1] === 0 && rest[0] !== 0)) {
      forms.push(inner('the body turned from UTF-16 into UTF-8', rest.toString('utf16le')));
    }
    if (isMarkedBig || (rest[0] === 0 && rest[1] !== 0)) {
      forms.push(
        inner(
          'the body turned from UTF-16 (big endian) into UTF-8',
          rest.swap16().toString('utf16le'),
        ),
      );
    }
  }
  const text = decodeUtf8(body);
  if (text === null) return forms;
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  return [
    ...forms,
    other('the body in UTF-16 (little endian) instead of UTF-8', little),
    other('the body in UTF-16 (big endian) instead of UTF-8', big),
    other(
      'the body in UTF-16 (little endian) with a byte order mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    ),
    other(
      'the body in UTF-16 (big endian) with a byte order mark',
      Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
    ),
  ];
}

/** The body with the replacements that are written for characters that a charset does not have. */
export function replacedForms(body: Buffer): BodyForm[] {
  return [...lackingForms(body), ...plainLetterForms(body)];
}

function lackingForms(body: Buffer): BodyForm[] {
  const bytes = body.toString('latin1');
  if (!/[\u0080-\u00ff]/.test(bytes)) return [];
  const text = body.toString('utf8');
  const units = (write: (char: string) => string): string => text.replace(/[^\0-\u007f]/gu, write);
  return [
    other(
      'the body in ASCII, with "?" for each other character',
      units(() => '?'),
    ),
    other(
      'the body in ASCII, with "?" for each UTF-16 unit of the others',
      text.replace(/[\u0080-\uffff]/g, '?'),
    ),
    other(
      'the body in ASCII, with "?" for each other byte',
      bytes.replace(/[\u0080-\u00ff]/g, '?'),
    ),
    other(
      'the body in ASCII, with U+FFFD for each other byte',
      bytes.replace(/[\u0080-\u00ff]/g, '\ufffd'),
    ),
    other(
      'the body in ASCII, with U+FFFD for each other character',
      units(() => '\ufffd'),
    ),
    other(
      'the body without its characters beyond ASCII',
      units(() => ''),
    ),
    other('the body without its characters beyond latin-1', text.replace(/[^\0-\u00ff]/gu, '')),
    other(
      'the body without its characters beyond U+FFFF (emoji)',
      text.replace(/[\u{10000}-\u{10ffff}]/gu, ''),
    ),
    other(
      'the body with "?" for each character beyond U+FFFF (MySQL\'s utf8)',
      text.replace(/[\u{10000}-\u{10ffff}]/gu, '?'),
    ),
    other(
      'the body with "????" for each character beyond U+FFFF (MySQL\'s utf8)',
      text.replace(/[\u{10000}-\u{10ffff}]/gu, '????'),
    ),
    other(
      'the body with U+FFFD for each character beyond U+FFFF',
      text.replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd'),
    ),
    other(
      "the body cut before its first character beyond U+FFFF (MySQL's utf8)",
      text.replace(/[\u{10000}-\u{10ffff}][^]*$/u, ''),
    ),
    other(
      'the body cut before its first character beyond ASCII',
      text.replace(/[^\0-\u007f][^]*$/u, ''),
    ),
    other("the body in CESU-8 (Java's modified UTF-8)", cesu8(text)),
    other(
      'the body with the highest bit of each byte cleared (7 bits)',
      Buffer.from(body.map((byte) => byte & 0x7f)),
    ),
    other(
      'the body with HTML character references',
      units((char) => `&#${char.codePointAt(0) ?? 0};`),
    ),
    other(
      'the body with \\x escapes for the bytes beyond ASCII',
      bytes.replace(/[\u0080-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`),
    ),
  ];
}

/** Accents and other marks removed, as iconv's //TRANSLIT and slug functions do. */
function plainLetterForms(body: Buffer): BodyForm[] {
  const text = body.toString('utf8');
  if (/^[\0-\u007f]*$/.test(text)) return [];
  return [
    other('the body with its accents removed', text.normalize('NFD').replace(/\p{M}/gu, '')),
    other(
      'the body with its accents removed, and without what is then beyond ASCII',
      asciiOf(text, ''),
    ),
    other(
      'the body with its accents removed, and "?" for what is then beyond ASCII',
      asciiOf(text, '?'),
    ),
    other('the body transliterated to ASCII (iconv)', transliterate(text)),
  ];
}

function asciiOf(text: string, missing: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\0-\u007f]/gu, missing);
}

/** Characters that editors and iconv's //TRANSLIT write in ASCII. */
const ASCII: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '€': 'EUR',
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  ø: 'o',
  Ø: 'O',
  '\u00a0': ' ',
  '«': '<<',
  '»': '>>',
};

function transliterate(text: string): string {
  const plain = text.replace(/[^\0-\u007f]/gu, (char) => ASCII[char] ?? char);
  return asciiOf(plain, '?');
}

/** Each half of a surrogate pair as three bytes. */
function cesu8(text: string): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

/** More marks on one character than any language uses (UAX #15, stream-safe text). Normalising them takes quadratic time. */
const LONG_MARKS = /\p{M}{31}/u;

const unicode = formMaker('charset_other', {
  fix: 'Leave the text as it is: do not normalise it between the signature and its check.',
});

/** The body in the four Unicode normalisation forms. */
export function unicodeForms(body: Buffer): BodyForm[] {
  const text = body.toString('utf8');
  if (LONG_MARKS.test(text)) return [];
  return (['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) =>
    unicode(`the body in Unicode form ${form}`, text.normalize(form)),
  );
}
