import { createHash } from 'node:crypto';
import { readDocument } from '../../json/document.ts';
import { readTree } from '../../json/tree.ts';
import { encodeSingleByte } from './bodies/charsets.ts';
import { SHELL, URL_AND_MARKUP } from './secret-escapes.ts';
import type { Named, SecretFamily, SecretVariant } from './secret-family.ts';

/** Every variant of a secret with one change. Variants equal to the secret are left out. */
export function varySecret(secret: Buffer): SecretVariant[] {
  return variantsOf(FAMILIES, secret);
}

/** The variants from the few changes that often occur together with another one. */
export function varySecretAgain(secret: Buffer): SecretVariant[] {
  return variantsOf(COMMON_FAMILIES, secret);
}

function variantsOf(families: readonly SecretFamily[], secret: Buffer): SecretVariant[] {
  const text = secret.toString('utf8');
  if (text === '') return [];
  return families.flatMap(({ reason, fix, isRare = false, vary }) =>
    vary(text, secret)
      .map(([name, value]): SecretVariant => ({
        reason,
        name,
        bytes: typeof value === 'string' ? Buffer.from(value, 'utf8') : value,
        isRare,
        fix: fix ?? null,
      }))
      .filter(({ bytes }) => bytes.length > 0 && !bytes.equals(secret)),
  );
}

const WHITESPACE: SecretFamily = {
  reason: 'secret_whitespace',
  vary: (text) => [
    ['the secret without the white space around it', text.trim()],
    ['the secret without the white space at its end', text.trimEnd()],
    ['the secret without its last line end', text.replace(/\r?\n$/, '')],
    ['the secret without any white space', text.replace(/\s+/g, '')],
    ['the secret with a line feed at its end', `${text}\n`],
    ['the secret with CRLF at its end', `${text}\r\n`],
    ['the secret with a carriage return at its end', `${text}\r`],
    ['the secret with a space at its end', `${text} `],
    ['the secret with a space in front', ` ${text}`],
    ['the secret with spaces around it', ` ${text} `],
    ['the secret with a tab at its end', `${text}\t`],
    ['the secret with a line feed in front', `\n${text}`],
    ['the secret with two line feeds at its end', `${text}\n\n`],
    ['the secret with a byte order mark in front', `\ufeff${text}`],
  ],
};

/** Invisible characters: format characters, and spaces other than the ASCII space. */
const INVISIBLE = [
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u200e',
  '\u202a',
  '\u202c',
  '\u202f',
  '\u2060',
  '\u2028',
  '\u3000',
  '\ufeff',
] as const;

const INVISIBLES: SecretFamily = {
  reason: 'secret_whitespace',
  isRare: true,
  fix: 'Type the secret again, or copy it with the button of the dashboard: the copy has a character that is not visible.',
  vary: (text) => [
    ['the secret without its invisible characters', text.replace(/[\p{Cf}\p{Cc}\p{Z}]/gu, '')],
    ['the secret without its format characters', text.replace(/\p{Cf}/gu, '')],
    ...INVISIBLE.flatMap((char): Named[] => {
      const code = `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
      return [
        [`the secret with the invisible ${code} at its end`, `${text}${char}`],
        [`the secret with the invisible ${code} in front`, `${char}${text}`],
      ];
    }),
  ],
};

const QUOTES: SecretFamily = {
  reason: 'secret_quoted',
  vary: (text) => {
    const inner = withoutQuotes(text);
    const bare = text.replace(/["'`“”‘’\\]/g, '');
    return [
      ...(inner === undefined
        ? []
        : ([['the secret without the quotes around it', inner]] as const)),
      ['the secret without its quotes', bare],
      ['the secret with double quotes around it', `"${text}"`],
      ['the secret with single quotes around it', `'${text}'`],
      ['the secret with backquotes around it', `\`${text}\``],
      ['the secret with typographic quotes around it', `“${text}”`],
      ['the secret with typographic single quotes around it', `‘${text}’`],
      ['the secret with escaped quotes around it, \\"…\\"', `\\"${text}\\"`],
      ["the secret with escaped quotes around it, \\'…\\'", `\\'${text}\\'`],
      ['the secret with a double quote in front', `"${text}`],
      ['the secret with a double quote at its end', `${text}"`],
      ['the secret with a single quote at its end', `${text}'`],
      ['the secret with angle brackets around it', `<${text}>`],
      ["the secret as Python prints bytes, b'…'", `b'${text}'`],
    ];
  },
};

function withoutQuotes(text: string): string | undefined {
  return (
    /^\s*(\\?["'`])([^]*)\1\s*$/.exec(text)?.[2] ??
    /^\s*[“‘«„<]([^]*)[”’»“>]\s*$/.exec(text)?.[1] ??
    /^b(["'])([^]*)\1$/.exec(text)?.[2]
  );
}

const BASE64: SecretFamily = {
  reason: 'secret_base64_decoded',
  vary: (text, secret) => {
    const variants: Named[] = [];
    // `whsec_…` as in Standard Webhooks, `whsec_test_…`: the part after the prefix is base64.
    for (let rest = text, prefix = ''; ;) {
      if (/^[A-Za-z0-9+/_-]{4,}={0,2}$/.test(rest)) {
        const after = prefix === '' ? '' : ` after "${prefix}"`;
        variants.push([`the secret${after} decoded from base64`, Buffer.from(rest, 'base64')]);
      }
      const match = /^[A-Za-z]{2,8}_/.exec(rest);
      if (match === null) break;
      prefix += match[0];
      rest = rest.slice(match[0].length);
    }
    variants.push([
      "the secret's base64 text (the secret here is already decoded)",
      secret.toString('base64'),
    ]);
    return variants;
  },
};

const HEX: SecretFamily = {
  reason: 'secret_hex_decoded',
  vary: (text, secret) => {
    const digits = /^(?:0x|[A-Za-z_]+_)?((?:[0-9a-fA-F]{2}){4,})$/.exec(text)?.[1];
    return [
      ...(digits === undefined
        ? []
        : ([['the secret decoded from hex', Buffer.from(digits, 'hex')]] as const)),
      ["the secret's hex text (the secret here is already decoded)", secret.toString('hex')],
    ];
  },
};

const ENV_NAMES = [
  'RELYABLE_WEBHOOK_SECRET',
  'WEBHOOK_SECRET',
  'RELYABLE_SECRET',
  'SECRET',
] as const;

/** The names under which a secrets manager may store a secret; it may hand on the whole JSON object. */
const JSON_NAMES = [
  'secret',
  'RELYABLE_WEBHOOK_SECRET',
  'WEBHOOK_SECRET',
  'webhookSecret',
  'value',
] as const;

function jsonValues(text: string): Named[] {
  if (!/^\s*\{/.test(text)) return [];
  const document = readDocument(Buffer.from(text));
  const root = document === null ? null : readTree(document);
  if (root?.kind !== 'object') return [];
  return root.members.flatMap(({ value }, index): Named[] =>
    value.kind === 'string' && value.value !== null
      ? [[`the value of member ${index + 1} of the JSON in the secret`, value.value]]
      : [],
  );
}

const ENV_LINE: SecretFamily = {
  reason: 'secret_altered',
  fix: 'Store only the value as the secret, without the name and the "=" before it.',
  vary: (text) => {
    const value = valueAfterName(text);
    return [
      ...(value === undefined
        ? []
        : ([
            ['the value after the name and "=" in the secret', value.trim()],
            [
              'the quoted value after the name in the secret',
              value.trim().replace(/^(["'])([^]*)\1$/, '$2'),
            ],
          ] as const)),
      ...ENV_NAMES.flatMap((name): Named[] => [
        [`the whole line "${name}=…"`, `${name}=${text}`],
        [`the whole line "${name}=…" with quotes`, `${name}="${text}"`],
        [`the whole line "export ${name}=…"`, `export ${name}=${text}`],
        [`the whole line "${name}: …"`, `${name}: ${text}`],
      ]),
      ...JSON_NAMES.flatMap((name): Named[] => [
        [`the whole JSON {"${name}":"…"}`, `{${JSON.stringify(name)}:${JSON.stringify(text)}}`],
        [`the whole JSON {"${name}": "…"}`, `{${JSON.stringify(name)}: ${JSON.stringify(text)}}`],
      ]),
      ...jsonValues(text),
    ];
  },
};

function valueAfterName(text: string): string | undefined {
  return /^\s*(?:export\s+)?[\w.-]{2,64}\s*[=:]\s*([^]+)$/.exec(text)?.[1];
}

/** A prefix such as `whsec_` or `sk-`. */
const PREFIXED = /^[A-Za-z]{2,12}[_-]/;

const PREFIX: SecretFamily = {
  reason: 'secret_altered',
  fix: 'Use the whole secret as it is shown, with its prefix.',
  vary: (text) => [
    ['the secret without its prefix', text.replace(PREFIXED, '')],
    ['the secret without its prefixes', text.replace(/^(?:[A-Za-z]{2,12}[_-]){2}/, '')],
    ['the secret without "Bearer" in front', text.replace(/^Bearer\s+/i, '')],
    ['the secret with "whsec_" in front', `whsec_${text}`],
    ['the secret with "Bearer " in front', `Bearer ${text}`],
    ['the secret without the "=" at its end', text.replace(/=+$/, '')],
    ['the secret with "=" at its end', `${text}=`],
    ['the secret with "==" at its end', `${text}==`],
    ['the secret with - and _ for + and /', text.replace(/\+/g, '-').replace(/\//g, '_')],
    [
      'the secret with - and _ for + and /, without "="',
      text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
    ],
    ['the secret with + and / for - and _', text.replace(/-/g, '+').replace(/_/g, '/')],
    ['the secret in lower case', text.toLowerCase()],
    ['the secret in upper case', text.toUpperCase()],
    ['the secret twice', `${text}${text}`],
  ],
};

const SEVERAL: SecretFamily = {
  reason: 'secret_altered',
  fix: 'Store one secret in each variable; where two are valid for a time, split the value where it is read.',
  vary: (text) => {
    const values = text.split(/[\s,;|]+/).filter((value) => value !== '');
    if (values.length < 2) return [];
    return values
      .slice(0, 8)
      .map((value, index): Named => [
        `value ${index + 1} of the ${values.length} in the secret`,
        value.replace(/^(["'])(.*)\1$/, '$2'),
      ]);
  },
};

/** The shortest part of a secret that is tried; systems with a length limit keep at least as much. */
const MIN_CUT = 6;
const MAX_CUTS = 128;

const CUT: SecretFamily = {
  reason: 'secret_altered',
  isRare: true,
  fix: 'Look for what cuts the secret: the length of a column or field, or a copy that missed a character.',
  vary: (text) => {
    const cuts: Named[] = [];
    for (let length = text.length - 1; length >= MIN_CUT && cuts.length < MAX_CUTS; length--) {
      cuts.push([
        `only the first ${length} of the ${text.length} characters of the secret`,
        text.slice(0, length),
      ]);
      cuts.push([
        `only the last ${length} of the ${text.length} characters of the secret`,
        text.slice(-length),
      ]);
    }
    return cuts;
  },
};

const HASHED: SecretFamily = {
  reason: 'secret_altered',
  isRare: true,
  fix: 'Use the secret itself as the key of the HMAC, not a hash of it.',
  vary: (_, secret) =>
    (['sha256', 'sha1', 'md5', 'sha512'] as const).flatMap((algorithm): Named[] => {
      const hash = createHash(algorithm).update(secret).digest();
      const name = algorithm === 'md5' ? 'MD5' : algorithm.replace('sha', 'SHA-');
      return [
        [`the ${name} of the secret, in hex`, hash.toString('hex')],
        [`the ${name} of the secret, as bytes`, hash],
        [`the ${name} of the secret, in base64`, hash.toString('base64')],
      ];
    }),
};

/** The secret in UTF-16, or in a charset that lacks some of its characters. */
const CHARSETS: SecretFamily = {
  reason: 'charset_other',
  isRare: true,
  fix: 'Turn the secret into bytes as UTF-8 on both sides.',
  vary: (text) => {
    const utf16 = Buffer.from(text, 'utf16le');
    const swapped = Buffer.from(utf16).swap16();
    const variants: Named[] = [
      ['the secret in UTF-16 (little endian) instead of UTF-8', utf16],
      ['the secret in UTF-16 (big endian) instead of UTF-8', swapped],
      [
        'the secret in UTF-16 with a byte order mark',
        Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      ],
      ['the secret in UTF-32 (little endian) instead of UTF-8', utf32(text)],
    ];
    if (/^[\0-\u007f]*$/.test(text)) return variants;
    return [
      ...variants,
      [
        'the secret in ASCII, with "?" for each other character',
        text.replace(/[^\0-\u007f]/gu, '?'),
      ],
      [
        'the secret in ASCII, with "?" for each other byte',
        Buffer.from(text)
          .toString('latin1')
          .replace(/[^\0-\u007f]/g, '?'),
      ],
      [
        'the secret in ASCII, with U+FFFD for each other byte',
        Buffer.from(text)
          .toString('latin1')
          .replace(/[^\0-\u007f]/g, '\ufffd'),
      ],
      ['the secret without its characters beyond ASCII', text.replace(/[^\0-\u007f]/gu, '')],
      ['the secret with its accents removed', text.normalize('NFD').replace(/\p{M}/gu, '')],
      ['the secret in Unicode form NFC', text.normalize('NFC')],
      ['the secret in Unicode form NFD', text.normalize('NFD')],
      [
        "the secret's UTF-8 read as latin-1 and encoded again",
        Buffer.from(text).toString('latin1'),
      ],
      ["the low bytes of the secret's characters (Node's latin1)", Buffer.from(text, 'latin1')],
    ];
  },
};

function utf32(text: string): Buffer {
  const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [at, point] of points.entries()) bytes.writeUInt32LE(point, at * 4);
  return bytes;
}

const LATIN1: SecretFamily = {
  reason: 'charset_latin1',
  vary: (text) =>
    /^[\0-\u007f]*$/.test(text)
      ? []
      : [
          ['the secret in latin-1 instead of UTF-8', encodeSingleByte(text, 'latin-1')],
          ['the secret in Windows-1252 instead of UTF-8', encodeSingleByte(text, 'Windows-1252')],
        ],
};

/** The few changes that often occur together with another one: pairs of them are tried, too. */
const COMMON_FAMILIES: readonly SecretFamily[] = [
  {
    reason: 'secret_whitespace',
    vary: (text) => [
      ['the secret without the white space around it', text.trim()],
      ['the secret with a line feed at its end', `${text}\n`],
      ['the secret with CRLF at its end', `${text}\r\n`],
      ['the secret with a space at its end', `${text} `],
    ],
  },
  {
    reason: 'secret_quoted',
    vary: (text) => [
      ['the secret without the quotes around it', withoutQuotes(text) ?? text],
      ['the secret with double quotes around it', `"${text}"`],
      ['the secret with single quotes around it', `'${text}'`],
    ],
  },
  BASE64,
  HEX,
  {
    reason: 'secret_altered',
    vary: (text) => [
      ['the value after the name and "=" in the secret', valueAfterName(text) ?? text],
      ['the secret without its prefix', text.replace(PREFIXED, '')],
    ],
  },
];

/** In the order of likelihood; equal bytes keep the first name. */
const FAMILIES: readonly SecretFamily[] = [
  WHITESPACE,
  QUOTES,
  BASE64,
  HEX,
  LATIN1,
  ENV_LINE,
  SEVERAL,
  INVISIBLES,
  SHELL,
  URL_AND_MARKUP,
  PREFIX,
  HASHED,
  CHARSETS,
  CUT,
];
