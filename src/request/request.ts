/** One header as it stood on the wire: name in its original case, value without surrounding white space. */
export type HeaderPair = readonly [name: string, value: string];

/** The header that carries the signature (vendor page, "Verifying Webhooks"). */
export const SIGNATURE_HEADER = 'X-Relyable-Signature';

/** An HTTP request as it was received: nothing decoded, nothing reordered. */
export interface WebhookRequest {
  readonly method: string;
  /** The request target as sent, query included, e.g. `/webhooks/relyable?x=1`. */
  readonly path: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** Every header in the order and case received, with repeats. Values are latin1-decoded bytes. */
  readonly headers: readonly HeaderPair[];
  /** The body after transfer decoding (chunked removed) and before content decoding (gzip kept). */
  readonly body: Buffer;
}

/** Whether two header names are equal, ignoring case (RFC 9110 §5.1). */
export function isSameHeader(name: string, other: string): boolean {
  return name.length === other.length && name.toLowerCase() === other.toLowerCase();
}

export function hasHeader(headers: readonly HeaderPair[], name: string): boolean {
  return headers.some(([key]) => isSameHeader(key, name));
}

/** All values of a header, in the order received. */
export function headerValues(headers: readonly HeaderPair[], name: string): string[] {
  const values: string[] = [];
  for (const [key, value] of headers) {
    if (isSameHeader(key, name)) values.push(value);
  }
  return values;
}

/** Matches the name of a header, or a method (RFC 9110 §5.6.2). */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Matches the value of a header as latin1: one line without control characters (RFC 9110 §5.5). */
export const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Pairs as Node's flat `rawHeaders` list. */
export function toFlatHeaders(pairs: readonly HeaderPair[]): string[] {
  const flat: string[] = [];
  for (const [name, value] of pairs) flat.push(name, value);
  return flat;
}

/** Node's flat `rawHeaders` list as pairs. */
export function toHeaderPairs(raw: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}
