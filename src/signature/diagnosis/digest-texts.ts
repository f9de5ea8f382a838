import type { Reason } from '../verify.ts';

/** How a digest's text differs from plain hex. */
export interface Note {
  readonly reason: Reason;
  /** Completes "it …". */
  readonly text: string;
}

/** A text inside a header's value that may be a digest. */
export type Found =
  | {
      /** `digest` is hex that is not a cut part of a longer MAC. */
      readonly kind: 'hex' | 'base64' | 'digest';
      readonly text: string;
      readonly notes: readonly Note[];
    }
  | {
      readonly kind: 'shape';
      readonly text: string;
      readonly write: (hex: string) => string;
      readonly notes: readonly Note[];
    };

/** Longer header values are not read: they are not signatures. */
const MAX_LENGTH = 8192;
/** The most texts that are read from one view of a value. */
const MAX_RUNS = 16;

/** Every text in a header's value that may be a digest, however it is wrapped. */
export function findDigests(value: string): Found[] {
  if (value.length > MAX_LENGTH) return [];
  return viewsOf(value).flatMap(({ text, notes }) =>
    runsOf(text, notes).concat(otherShapes(text.trim(), notes)),
  );
}

interface View {
  readonly text: string;
  readonly notes: readonly Note[];
}

/** The unchanged value, and the value with one or two encodings undone. */
function viewsOf(value: string): View[] {
  const first: View = { text: value, notes: [] };
  const views = [first, ...unwrap(first)];
  for (const view of views.slice(1, 8)) views.push(...unwrap(view));
  return views.slice(0, 24);
}

function unwrap({ text, notes }: View): View[] {
  const trimmed = text.trim();
  const views: View[] = [];
  const add = (changed: string, note: string): void => {
    if (changed !== text && changed !== '') {
      views.push({
        text: changed,
        notes: [...notes, { reason: 'signature_malformed', text: note }],
      });
    }
  };
  if (/%[0-9a-f]{2}/i.test(text)) add(decodePercent(text), 'is percent-encoded');
  if (/\\/.test(text)) {
    add(
      text.replace(/\\(?:[nrt]|x0[ad]|u000[ad])/gi, '').replace(/\\(.)/g, '$1'),
      'has backslash escapes',
    );
  }
  if (/&#?\w+;/.test(text)) {
    add(
      text
        .replace(/&#x(\w+);/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&')
        .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
      'has HTML entities',
    );
  }
  // A header's value is UTF-8 that was decoded as latin1.
  const plain = Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(/[\p{Cf}\p{Z}]/gu, '');
  if (plain !== text) add(plain, 'has spaces or invisible characters');
  if (/^[0-9a-f]{32,512}$/i.test(trimmed) && trimmed.length % 2 === 0) {
    const inner = Buffer.from(trimmed, 'hex').toString('latin1');
    if (/^[\x21-\x7e]+$/.test(inner)) add(inner, 'is written in hex once more');
  }
  if (/^[A-Za-z0-9+/_-]{22,1024}={0,2}$/.test(trimmed)) {
    const inner = Buffer.from(trimmed, 'base64').toString('latin1');
    if (/^[\x20-\x7e\r\n]+$/.test(inner)) add(inner, 'is written in base64 once more');
  }
  return views;
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Runs of hex or base64 digits, with notes on the text around them. */
function runsOf(text: string, notes: readonly Note[]): Found[] {
  const found: Found[] = [];
  const runs = [
    ...Array.from(
      text.matchAll(/(?<![0-9a-fA-F])[0-9a-fA-F]{16,128}(?![0-9a-fA-F])/g),
      (match) => ['hex', match] as const,
    ),
    ...[...text.matchAll(/[A-Za-z0-9+/_-]{21,172}={0,2}/g)].map(
      (match) => ['base64', match] as const,
    ),
  ].slice(0, MAX_RUNS);
  const count = runs.filter(([kind]) => kind === 'hex').length;
  for (const [kind, match] of runs) {
    const around = describeAround(text, match.index, match[0].length);
    const several: Note[] =
      kind === 'hex' && count > 1
        ? [{ reason: 'signature_multiple', text: `is one of ${count} values` }]
        : [];
    found.push({
      kind,
      text: match[0],
      notes: [...notes, ...(several.length > 0 ? several : around)],
    });
    // `whsec_` followed by a MAC looks like a single run of base64url.
    const tail = /_([0-9a-f]{64})$/i.exec(match[0])?.[1];
    if (tail !== undefined) {
      found.push({
        kind: 'hex',
        text: tail,
        notes: [...notes, ...describeAround(text, text.indexOf(tail), tail.length)],
      });
    }
  }
  return found;
}

function describeAround(text: string, start: number, length: number): Note[] {
  const before = text.slice(0, start);
  const after = text.slice(start + length);
  if (before === '' && after === '') return [];
  const words = [
    ...(before === '' ? [] : [`"${before.slice(-24)}" in front of it`]),
    ...(after === '' ? [] : [`"${after.slice(0, 24)}" after it`]),
  ];
  return [{ reason: 'signature_prefixed', text: `has ${words.join(' and ')}` }];
}

/** Digests that are not plain hex or base64. */
function otherShapes(text: string, notes: readonly Note[]): Found[] {
  const note = (words: string): Note[] => [
    ...notes,
    { reason: 'signature_malformed', text: words },
  ];
  const found: Found[] = [];
  const list = /(?:0x)?[0-9a-f]{1,2}(?:(?:[-: ]|, ?|\\x)(?:0x)?[0-9a-f]{1,2}){15,63}/i.exec(
    text,
  )?.[0];
  if (list !== undefined) {
    const bytes = list.replace(/0x/gi, '').split(/[-: ,]+|\\x/);
    const mark = /[-:]|, ?| |\\x/.exec(list)?.[0] ?? '';
    const hex = bytes
      .map((byte) => byte.padStart(2, '0'))
      .join('')
      .toLowerCase();
    found.push({
      kind: 'digest',
      text: hex,
      notes: note(`is hex with "${mark}" between its bytes`),
    });
  }
  const numbers = /-?\d{1,3}(?:[,\s]+-?\d{1,3}){15,63}/
    .exec(text)?.[0]
    .split(/[,\s]+/)
    .map(Number);
  if (numbers?.every((number) => number >= -128 && number <= 255) === true) {
    const hex = Buffer.from(numbers).toString('hex');
    found.push({
      kind: 'digest',
      text: hex,
      notes: note('is a list of its bytes as numbers instead of hex'),
    });
  }
  return [...found, ...hexShapes(text, note), ...binaryShapes(text, note)];
}

type MakeNotes = (words: string) => Note[];

/** Hex digests with lost or added digits, or with digits in another order. */
function hexShapes(text: string, note: MakeNotes): Found[] {
  if (!/^(?:0x)?[0-9a-f]{20,512}$/i.test(text)) return [];
  const hex = text.replace(/^0x/i, '').toLowerCase();
  const found: Found[] = [];
  if (hex.length >= 56 && hex.length < 64) {
    const lost = 64 - hex.length;
    found.push({
      kind: 'digest',
      text: hex.padStart(64, '0'),
      notes: note(
        `lost ${lost === 1 ? 'the zero' : `the ${lost} zeros`} at its start (a number instead of text)`,
      ),
    });
  }
  if (hex.length >= 40 && hex.length < 64) {
    found.push({
      kind: 'shape',
      text: hex,
      write: unpadded,
      notes: note('is hex without the zero of bytes below 16: write each byte with two digits'),
    });
  }
  if (hex.includes('ffffff')) {
    found.push(
      {
        kind: 'shape',
        text: hex,
        write: signedPadded,
        notes: note('is hex of signed bytes, with ffffff in front of those from 80 on'),
      },
      {
        kind: 'shape',
        text: hex,
        write: signedUnpadded,
        notes: note(
          'is hex of signed bytes, with ffffff in front of those from 80 on, and without zeros',
        ),
      },
    );
  }
  if (hex.length === 64 || hex.length === 40 || hex.length === 128) {
    const bytes = Buffer.from(hex, 'hex');
    found.push(
      {
        kind: 'digest',
        text: Buffer.from(bytes).reverse().toString('hex'),
        notes: note('has its bytes in reverse'),
      },
      {
        kind: 'digest',
        text: hex.split('').reverse().join(''),
        notes: note('has its digits in reverse'),
      },
      {
        kind: 'digest',
        text: Buffer.from(bytes).swap32().toString('hex'),
        notes: note('has the bytes of each 32-bit word in reverse'),
      },
    );
  }
  return found;
}

function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex, 'hex')];
}

function unpadded(hex: string): string {
  return bytesOf(hex)
    .map((byte) => byte.toString(16))
    .join('');
}

function signedPadded(hex: string): string {
  return bytesOf(hex)
    .map((byte) => (byte < 128 ? byte.toString(16).padStart(2, '0') : `ffffff${byte.toString(16)}`))
    .join('');
}

function signedUnpadded(hex: string): string {
  return bytesOf(hex)
    .map((byte) => (byte < 128 ? byte.toString(16) : `ffffff${byte.toString(16)}`))
    .join('');
}

/** The bytes of a digest as characters; bytes that a header cannot hold may be replaced by `.` or `?`. */
function binaryShapes(text: string, note: MakeNotes): Found[] {
  const read = [text, Buffer.from(text, 'latin1').toString('utf8')];
  return read.flatMap((chars): Found[] => {
    if (chars.length !== 32 || /^[\x20-\x7e]*$/.test(chars) || /[^\0-\u00ff]/.test(chars))
      return [];
    const isHeldByHeader = /[\x21-\x2d\x2f-\x3e\x40-\x7e\x80-\xff]/;
    const known = chars.split('').filter((char) => isHeldByHeader.test(char)).length;
    if (known < 12) return [];
    return [
      {
        kind: 'shape',
        text: chars,
        write: (hex) =>
          Buffer.from(hex, 'hex')
            .toString('latin1')
            .replace(/[^]/g, (char, at: number) =>
              isHeldByHeader.test(chars[at] ?? '') ? char : (chars[at] ?? ''),
            ),
        notes: note('is the digest as characters instead of hex: digest("hex")'),
      },
    ];
  });
}
