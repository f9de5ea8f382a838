/** A payload as the page shows it. */
export type Payload =
  | { readonly kind: 'json'; readonly text: string; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes' };

/** A number that JavaScript would write differently: `70.0`, `1e3`, twenty digits. */
export class ExactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Reads bytes as JSON, else as UTF-8 text, else as bytes. Any depth and any size. */
export function readPayload(bytes: Uint8Array): Payload {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: 'bytes' };
  }
  try {
    return { kind: 'json', text, value: parseExactly(text) };
  } catch {
    return { kind: 'text', text };
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

function parseExactly(text: string): unknown {
  const plain = JSON.parse(text) as unknown;
  const keepNumber: Reviver = (_, value, context) => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined) return value;
    return String(value) === source ? value : new ExactNumber(source);
  };
  try {
    return JSON.parse(text, keepNumber as Parameters<typeof JSON.parse>[1]) as unknown;
  } catch {
    // A reviver calls itself for each level, which a very deep document exceeds.
    return plain;
  }
}

/** The text for a diff: JSON with one value on each line, other text unchanged. Null for bytes and deep JSON. */
export function toLines(payload: Payload): string[] | null {
  if (payload.kind === 'bytes') return null;
  if (payload.kind === 'text') return payload.text.split('\n');
  try {
    const exact = (_: string, value: unknown): unknown =>
      value instanceof ExactNumber ? `\u0000${value.source}\u0000` : value;
    const text = JSON.stringify(payload.value, exact, 2);
    // oxlint-disable-next-line no-control-regex
    return text.replace(/"\\u0000([^"]*)\\u0000"/g, '$1').split('\n');
  } catch {
    return null;
  }
}

export interface HexRow {
  readonly offset: string;
  readonly hex: string;
  readonly text: string;
}

const ROW_BYTES = 16;

/** Rows of 16 bytes, as `hexdump -C` writes them. */
export function toHexRows(bytes: Uint8Array, from: number, count: number): HexRow[] {
  const rows: HexRow[] = [];
  const end = Math.min(bytes.length, (from + count) * ROW_BYTES);
  for (let at = from * ROW_BYTES; at < end; at += ROW_BYTES) {
    const row = [...bytes.subarray(at, Math.min(at + ROW_BYTES, bytes.length))];
    rows.push({
      offset: at.toString(16).padStart(8, '0'),
      hex: row.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: row
        .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'))
        .join(''),
    });
  }
  return rows;
}
