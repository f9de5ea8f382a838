import type { Reason } from '../verify.ts';
import type { Algorithm } from '../hmac.ts';

/** One way to read the signature header: its MAC, and how that is written. */
export interface Reading {
  readonly algorithm: Algorithm;
  /** Lower-case hex; only the first digits of the MAC where `isTruncated`. */
  readonly hex: string;
  readonly isTruncated: boolean;
  /** How it differs from Relyable's plain hex; empty where it does not. */
  readonly reasons: readonly Reason[];
  /** The same in words that complete "it …", e.g. `is in base64 instead of hex`. */
  readonly notes: readonly string[];
}

/** What a header holds: possible signatures, and the timestamps or ids next to them. */
export interface ReceivedSignature {
  readonly readings: readonly Reading[];
  /** Values of timestamp parts such as `t=…`. */
  readonly timestamps: readonly string[];
}

const HEX_DIGITS: Readonly<Record<Algorithm, number>> = { sha256: 64, sha1: 40, sha512: 128 };
/** A match of fewer digits is not a proof. */
const MIN_DIGITS = 16;
/** The most values that are read: a header may hold thousands. */
const MAX_VALUES = 16;

interface Note {
  readonly reason: Reason;
  readonly text: string;
}

/** Every reading of the header's values (one per header line). */
export function readSignature(values: readonly string[]): ReceivedSignature {
  const timestamps: string[] = [];
  const texts: { text: string; notes: Note[] }[] = [];
  for (const value of values.slice(0, MAX_VALUES)) {
    for (const piece of splitValue(value).slice(0, MAX_VALUES)) {
      const time = /^(?:t|ts|time|timestamp|id)=([\w:.+-]{1,64})$/i.exec(piece)?.[1];
      if (time !== undefined && !isHexMac(time)) timestamps.push(time);
      else texts.push(stripPrefix(piece));
    }
  }
  const several: Note[] =
    texts.length > 1
      ? [{ reason: 'signature_multiple', text: `is one of ${texts.length} values` }]
      : [];
  if (timestamps.length > 0 && several.length === 0) {
    for (const { notes } of texts) {
      if (notes.length === 0)
        notes.push({ reason: 'signature_prefixed', text: 'is next to a timestamp' });
    }
  }
  const readings = texts.flatMap(({ text, notes }) => readText(text, [...several, ...notes]));
  return { readings, timestamps };
}

function isHexMac(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text);
}

/** `a, b`, `a;b` and `v1,a v1,b` (Standard Webhooks) as single values. */
function splitValue(value: string): string[] {
  const text = value.trim();
  if (/^v\d+,\S+(?:\s+v\d\w*,\S+)*$/.test(text)) return text.split(/\s+/);
  return text
    .split(/[,;]/)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
}

function stripPrefix(piece: string): { text: string; notes: Note[] } {
  const notes: Note[] = [];
  let text = piece;
  const quoted = /^(["'])(.+)\1$/.exec(text);
  if (quoted !== null) {
    text = quoted[2] ?? text;
    notes.push({ reason: 'signature_prefixed', text: 'is in quotes' });
  }
  const match = /^((?:[A-Za-z][A-Za-z0-9_-]{0,31}(?:=|:|,|\s)|0x)\s*)(\S+)$/.exec(text);
  // `abcd==` is base64 with its padding.
  if (match !== null && !/^=*$/.test(match[2] ?? '')) {
    text = match[2] ?? text;
    notes.push({ reason: 'signature_prefixed', text: `has the prefix "${match[1] ?? ''}"` });
  }
  return { text, notes };
}

function readText(text: string, notes: readonly Note[]): Reading[] {
  const readings: Reading[] = [];
  if (/^[0-9a-f]+$/i.test(text)) readings.push(...readHex(text, notes));
  if (/^[A-Za-z0-9+/_-]{16,128}={0,2}$/.test(text)) readings.push(...readBase64(text, notes));
  return readings;
}

function readHex(text: string, notes: readonly Note[]): Reading[] {
  const hex = text.toLowerCase();
  const isLower = text === hex;
  const letters: Note[] = isLower
    ? []
    : [{ reason: 'signature_uppercase', text: 'is in upper-case hex' }];
  return readDigits(hex, [...notes, ...letters]);
}

/** These digits as a whole MAC, or as the first digits of one. */
function readDigits(hex: string, notes: readonly Note[]): Reading[] {
  if (hex.length < MIN_DIGITS) return [];
  return (Object.keys(HEX_DIGITS) as Algorithm[])
    .filter((algorithm) => hex.length <= HEX_DIGITS[algorithm])
    .map((algorithm) => {
      const isTruncated = hex.length < HEX_DIGITS[algorithm];
      const all = [
        ...notes,
        ...algorithmNotes(algorithm),
        ...(isTruncated
          ? [
              {
                reason: 'signature_truncated',
                text: `is cut to ${hex.length} of ${HEX_DIGITS[algorithm]} hex digits`,
              } as const,
            ]
          : []),
      ];
      return {
        algorithm,
        hex,
        isTruncated,
        reasons: [...new Set(all.map(({ reason }) => reason))],
        notes: all.map((note) => note.text),
      };
    });
}

function algorithmNotes(algorithm: Algorithm): Note[] {
  switch (algorithm) {
    case 'sha256':
      return [];
    case 'sha1':
      return [{ reason: 'algorithm_sha1', text: 'is made with SHA-1 instead of SHA-256' }];
    case 'sha512':
      return [{ reason: 'algorithm_sha512', text: 'is made with SHA-512 instead of SHA-256' }];
  }
}

function readBase64(text: string, notes: readonly Note[]): Reading[] {
  const isUrl = /[-_]/.test(text) || (!/[+/=]/.test(text) && text.length % 4 !== 0);
  const bytes = Buffer.from(text, isUrl ? 'base64url' : 'base64');
  const note: Note = isUrl
    ? { reason: 'signature_base64url', text: 'is in base64url instead of hex' }
    : { reason: 'signature_base64', text: 'is in base64 instead of hex' };
  const inner = bytes.toString('latin1');
  // base64 of the hex text: Buffer.from(hex).toString('base64').
  if (isHexMac(inner))
    return readHex(inner, [...notes, { ...note, text: 'is the hex text in base64 again' }]);
  if (/^[0-9a-f]+$/i.test(text) && text.length % 2 === 0 && !isBase64OfMac(bytes)) return [];
  return readDigits(bytes.toString('hex'), [...notes, note]);
}

function isBase64OfMac(bytes: Buffer): boolean {
  return [20, 32, 64].includes(bytes.length);
}
