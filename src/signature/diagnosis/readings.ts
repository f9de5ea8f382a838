import {
  type Algorithm,
  ALGORITHMS,
  algorithmName,
  COMMON_ALGORITHMS,
  digestBytes,
} from '../hmac.ts';
import type { Reason } from '../verify.ts';
import { type Found, findDigests, type Note } from './digest-texts.ts';

/** One way to read the signature header: its MAC, and how that is written. */
export interface Reading {
  readonly algorithm: Algorithm;
  /** Lower-case hex; only a part of the MAC where `cut` says so. */
  readonly hex: string;
  /** Which part of the MAC was cut off. */
  readonly cut: 'none' | 'end' | 'start';
  /** How it differs from Relyable's plain hex; empty where it does not. */
  readonly reasons: readonly Reason[];
  /** The reasons in words that complete "it …", e.g. `is in base64 instead of hex`. */
  readonly notes: readonly string[];
}

/** A notation that cannot be decoded. To compare, each MAC is written in this notation. */
export interface Shape {
  readonly text: string;
  readonly write: (hex: string) => string;
  readonly reading: Reading;
}

/** What a header holds: possible signatures, and the timestamps or ids next to them. */
export interface ReceivedSignature {
  readonly readings: readonly Reading[];
  readonly shapes: readonly Shape[];
  /** Values of timestamp parts such as `t=…`. */
  readonly timestamps: readonly string[];
}

/** The fewest digits of a truncated MAC whose match counts as a proof. */
const MIN_DIGITS = 16;
/** The most values that are read: a header may hold thousands. */
const MAX_VALUES = 16;

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
  const several: Note[] = severalNotes(values.length, texts.length);
  const [only] = texts;
  if (only?.notes.length === 0 && several.length === 0) {
    only.notes.push(
      ...(timestamps.length > 0
        ? [{ reason: 'signature_prefixed', text: 'is next to a timestamp' } as const]
        : notesAround(values[0] ?? '', only.text)),
    );
  }
  const collector = new ReadingCollector();
  for (const { text, notes } of texts) collector.addText(text, [...several, ...notes]);
  for (const value of values.slice(0, MAX_VALUES)) {
    for (const found of findDigests(value)) collector.add(found);
    for (const [time] of value.matchAll(/(?<!\w)1\d{9}(?:\d{3})?(?!\w)/g)) {
      if (timestamps.length < MAX_VALUES && !timestamps.includes(time)) timestamps.push(time);
    }
  }
  return { readings: collector.readings, shapes: collector.shapes, timestamps };
}

function severalNotes(headers: number, texts: number): Note[] {
  if (texts > 1) return [{ reason: 'signature_multiple', text: `is one of ${texts} values` }];
  if (headers > 1)
    return [{ reason: 'signature_multiple', text: `is in one of ${headers} headers` }];
  return [];
}

/** Notes on the characters that stand around the only text in a value. */
function notesAround(value: string, text: string): Note[] {
  if (value === text) return [];
  const what = value.trim() === text ? 'has white space around it' : 'has a separator beside it';
  return [{ reason: 'signature_prefixed', text: what }];
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

/** Collects readings. Of equal readings, it keeps the first, which has the simplest notes. */
class ReadingCollector {
  readonly readings: Reading[] = [];
  readonly shapes: Shape[] = [];
  private readonly seen = new Set<string>();

  addText(text: string, notes: readonly Note[]): void {
    if (/^[0-9a-f]+$/i.test(text)) this.addHex(text, notes);
    if (/^[A-Za-z0-9+/_-]{16,128}={0,2}$/.test(text)) this.addBase64(text, notes);
  }

  add(found: Found): void {
    const { notes } = found;
    if (found.kind === 'shape') this.addShape(found.text, found.write, notes);
    else if (found.kind === 'hex') this.addHex(found.text, notes);
    else if (found.kind === 'digest') this.addDigits(found.text, notes, true);
    else this.addBase64(found.text, notes);
  }

  private addShape(text: string, write: Shape['write'], notes: readonly Note[]): void {
    const reading: Reading = { algorithm: 'sha256', hex: '', cut: 'none', ...spread(notes) };
    this.shapes.push({ text, write, reading });
  }

  private addHex(text: string, notes: readonly Note[]): void {
    const hex = text.toLowerCase();
    const letters: Note[] =
      text === hex ? [] : [{ reason: 'signature_uppercase', text: 'is in upper-case hex' }];
    this.addDigits(hex, [...notes, ...letters], false);
  }

  private addBase64(text: string, notes: readonly Note[]): void {
    const isUrl = /[-_]/.test(text) || (!/[+/=]/.test(text) && text.length % 4 !== 0);
    const bytes = Buffer.from(text, isUrl ? 'base64url' : 'base64');
    const note: Note = isUrl
      ? { reason: 'signature_base64url', text: 'is in base64url instead of hex' }
      : { reason: 'signature_base64', text: 'is in base64 instead of hex' };
    const inner = bytes.toString('latin1');
    // base64 of the hex text: Buffer.from(hex).toString('base64').
    if (isHexMac(inner)) {
      this.addHex(inner, [...notes, { ...note, text: 'is the hex text in base64 again' }]);
      return;
    }
    const isHexText = /^[0-9a-f]+$/i.test(text) && text.length % 2 === 0;
    if (isHexText && !ALGORITHMS.some((name) => digestBytes(name) === bytes.length)) return;
    this.addDigits(bytes.toString('hex'), [...notes, note], false);
  }

  /** Adds these digits as a whole MAC, or as a part of one. */
  private addDigits(hex: string, notes: readonly Note[], isWhole: boolean): void {
    if (hex.length < MIN_DIGITS) return;
    for (const algorithm of ALGORITHMS) {
      const all = 2 * digestBytes(algorithm);
      if (hex.length === all) this.push(algorithm, hex, 'none', notes);
      else if (!isWhole && hex.length < all && isCommon(algorithm)) {
        const cut = `is cut to ${hex.length} of ${all} hex digits`;
        this.push(algorithm, hex, 'end', [...notes, { reason: 'signature_truncated', text: cut }]);
        const last = `is cut to the last ${hex.length} of ${all} hex digits`;
        this.push(algorithm, hex, 'start', [
          ...notes,
          { reason: 'signature_truncated', text: last },
        ]);
      }
    }
  }

  private push(
    algorithm: Algorithm,
    hex: string,
    cut: Reading['cut'],
    notes: readonly Note[],
  ): void {
    const key = `${algorithm} ${cut} ${hex}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const isCut = cut !== 'none';
    const order = isCut
      ? [...notes.slice(0, -1), ...algorithmNotes(algorithm), ...notes.slice(-1)]
      : [...notes, ...algorithmNotes(algorithm)];
    this.readings.push({ algorithm, hex, cut, ...spread(order) });
  }
}

function spread(notes: readonly Note[]): Pick<Reading, 'reasons' | 'notes'> {
  return {
    reasons: [...new Set(notes.map(({ reason }) => reason))],
    notes: notes.map(({ text }) => text),
  };
}

function isCommon(algorithm: Algorithm): boolean {
  return (COMMON_ALGORITHMS as readonly Algorithm[]).includes(algorithm);
}

function algorithmNotes(algorithm: Algorithm): Note[] {
  if (algorithm === 'sha256') return [];
  const reason =
    algorithm === 'sha1'
      ? 'algorithm_sha1'
      : algorithm === 'sha512'
        ? 'algorithm_sha512'
        : 'algorithm_other';
  return [{ reason, text: `is made with ${algorithmName(algorithm)} instead of SHA-256` }];
}
