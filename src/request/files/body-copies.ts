import { stringify } from 'lossless-json';
import { isHexDump, parseHexDump } from './hex-dump.ts';
import { parseJson } from './json-input.ts';
import { parsePrinted, parsePrintedBytes } from '../../json/printed-value.ts';
import { decodeBase64, looksDecoded } from './recorded-body.ts';

/** A body, with a note in one line on how it was taken from the text around it. */
export interface CopiedBody {
  readonly bytes: Buffer;
  readonly note: string;
  /** See `FoundRequest`. */
  readonly bodyRebuilt?: string;
}

type Undo = (text: string) => Buffer | string | null;

/** The changes that copying makes to a body, most distinctive first. Each function returns the original body, or null. */
const COPIES: readonly (readonly [note: string, undo: Undo])[] = [
  ['decoded from a data URL', undoDataUrl],
  ['taken from a hex dump', (text) => (isHexDump(text) ? parseHexDump(text, '') : null)],
  ['decoded from base64', undoBase64],
  ['the value of a quoted text or byte string', parsePrintedBytes],
  ['made of a list of byte values', undoByteList],
  ['without the tags and entities of a web page', undoHtml],
  ['without the escapes (\\") of a text', undoEscapes],
  ['without the quotes around it', undoQuotes],
  ['with plain quotes and spaces for typographic ones', undoTypography],
  ['without what stands before it on its line', undoPrefix],
];

/**
 * The JSON body in a text that is a copy of it: quoted, escaped, encoded, or with something around
 * it. Null where the text is JSON as it stands, or no way of copying gives JSON.
 */
export function findCopiedBody(bytes: Buffer, depth = 0): CopiedBody | null {
  const text = bytes.toString('utf8');
  if (isJsonObject(text) || depth > 3) return null;
  for (const [note, undo] of COPIES) {
    const undone = undo(text);
    if (undone === null) continue;
    const inner = Buffer.isBuffer(undone) ? undone : Buffer.from(undone);
    if (isJsonObject(inner.toString('utf8'))) return { bytes: inner, note };
    const deeper = inner.equals(bytes) ? null : findCopiedBody(inner, depth + 1);
    if (deeper !== null) return { ...deeper, note: `${note}, ${deeper.note}` };
  }
  return depth === 0 ? undoPrinting(text) : null;
}

/** A payload that was printed as an object, e.g. a Python dict. The values are exact, but the original bytes are lost. */
function undoPrinting(text: string): CopiedBody | null {
  const value = parsePrinted(text.trim());
  if (typeof value !== 'object' || value === null || !('event' in value)) return null;
  return {
    bytes: Buffer.from(stringify(value) ?? ''),
    note: 'written again from the values of a printed object',
    bodyRebuilt: 'the file has a printed object, not the bytes of the body',
  };
}

function isJsonObject(text: string): boolean {
  const value = /^\s*\{/.test(text) ? parseJson(text) : undefined;
  return typeof value === 'object' && value !== null;
}

function undoDataUrl(text: string): Buffer | string | null {
  const [, isPacked, data] = /^\s*data:[^,]*?(;base64)?,([^]*)$/i.exec(text) ?? [];
  if (data === undefined) return null;
  if (isPacked !== undefined) return decodeBase64(data);
  try {
    return decodeURIComponent(data);
  } catch {
    return null;
  }
}

function undoBase64(text: string): Buffer | null {
  const decoded = decodeBase64(text.replace(/^\s*["']|["']\s*$/g, ''));
  return decoded !== null && looksDecoded(decoded) ? decoded : null;
}

/** A list of bytes: `123,34,101`, the text of a `Uint8Array`, or the same in brackets. */
function undoByteList(text: string): Buffer | null {
  if (!/^\s*\[?\s*\d{1,3}(\s*,\s*\d{1,3})+\s*\]?\s*$/.test(text)) return null;
  const values = (text.match(/\d+/g) ?? []).map(Number);
  return values.every((value) => value <= 255) ? Buffer.from(values) : null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  lt: '<',
  gt: '>',
  apos: "'",
  nbsp: ' ',
};

function undoHtml(text: string): string | null {
  const plain = text.replace(/<\/?[a-z][^<>]*>/gi, '');
  const decoded = plain.replace(
    /&(?:#(\d+)|#x([0-9a-f]+)|(quot|amp|lt|gt|apos|nbsp));/gi,
    (_, decimal?: string, hex?: string, name = '') => {
      const code = decimal === undefined ? `0x${hex}` : decimal;
      const isNumber = decimal !== undefined || hex !== undefined;
      return isNumber ? String.fromCodePoint(Number(code) % 0x110000) : (ENTITIES[name] ?? '');
    },
  );
  return decoded === text ? null : decoded.trim();
}

function undoEscapes(text: string): string | null {
  if (!text.includes('\\"')) return null;
  const quoted = parseJson(`"${text.trim().replace(/\r?\n/g, '\\n')}"`);
  return typeof quoted === 'string' ? quoted : null;
}

function undoQuotes(text: string): string | null {
  const [, , inner] = /^\s*(['"`]|'''|"""|```(?:json)?\s)([^]*?)\s*(?:\1|```)\s*$/.exec(text) ?? [];
  return inner ?? null;
}

function undoTypography(text: string): string | null {
  const plain = text
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u00a0\u2007\u202f\u200b\ufeff]/g, (char) => (char < '\u2000' ? ' ' : ''));
  return plain === text ? null : plain.trim();
}

/** A log's prefix, e.g. `2026-01-31 INFO body: {…}`. */
function undoPrefix(text: string): string | null {
  const [, inner] = /^[^\n{]*[^\n{\s]\s*(\{[^]*\})\s*$/.exec(text) ?? [];
  return inner ?? null;
}
