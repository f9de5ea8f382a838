import { type HeaderPair, TOKEN } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { toBytes } from './request-target.ts';

/** Names that distinguish a map of headers from any other map of texts. */
const KNOWN_NAMES = /signature|^(content-type|content-length|host|user-agent|accept)$/i;

/**
 * Reads headers in any of the forms that recorders use: a map of texts or of lists, `[name, value]`
 * pairs, `{name, value}` or `{key, value}` objects, Node's flat `rawHeaders`, or lines of text. Null for
 * any other value.
 */
export function readHeaders(value: unknown): HeaderPair[] | null {
  if (typeof value === 'string') return checked(value.split(/\r?\n|\r/).flatMap(parseLine));
  if (Array.isArray(value)) return checked(fromList(value));
  if (!isObject(value)) return null;
  // Charles and others put the list into a member `headers`.
  const { headers } = value;
  if (Array.isArray(headers)) return readHeaders(headers);
  return checked(Object.entries(value).flatMap(([name, text]) => fromMember(name, text)));
}

/** Whether these are likely to be HTTP headers, by their names. */
export function areHeaders(headers: readonly HeaderPair[]): boolean {
  return headers.some(([name]) => KNOWN_NAMES.test(name));
}

/** Whether one of these could carry a signature. */
export function hasSignature(headers: readonly HeaderPair[]): boolean {
  return headers.some(([name]) => /signature|^x-hub-/i.test(name));
}

/** The members of an object that are headers themselves: in a smee event, they are next to the body. */
export function readFlatHeaders(value: Readonly<Record<string, unknown>>): HeaderPair[] | null {
  const headers = Object.entries(value)
    .filter(([name]) => /-|^(host|accept|connection)$|_signature/i.test(name))
    .flatMap(([name, text]) => fromMember(name, text));
  const pairs = checked(headers.filter((pair) => pair !== null));
  return pairs !== null && hasSignature(pairs) ? pairs : null;
}

type MaybePair = readonly [string, string] | null;

function fromList(list: readonly unknown[]): readonly MaybePair[] {
  if (list.every((item) => typeof item === 'string')) {
    const pairs = list.flatMap((name, at): MaybePair[] =>
      at % 2 === 0 ? [[name, list[at + 1] ?? '']] : [],
    );
    return list.length % 2 === 0 && pairs.length > 0 ? pairs : [null];
  }
  return list.flatMap((item): readonly MaybePair[] => {
    if (Array.isArray(item)) {
      const [name, text] = item as readonly unknown[];
      return item.length === 2 ? fromMember(name, text) : [null];
    }
    if (!isObject(item) || isDisabled(item)) return isObject(item) ? [] : [null];
    const name = item['name'] ?? item['key'] ?? item['Name'] ?? item['Key'];
    return fromMember(name, item['value'] ?? item['Value'] ?? '');
  });
}

/** Whether a header is disabled, so that Postman, Insomnia or Bruno does not send it. */
function isDisabled(header: Readonly<Record<string, unknown>>): boolean {
  return header['disabled'] === true || header['enabled'] === false;
}

function fromMember(name: unknown, value: unknown): readonly MaybePair[] {
  if (typeof name !== 'string') return [null];
  // HTTP/2 pseudo-headers repeat the method and the URL.
  if (name.startsWith(':') || value === null || value === undefined) return [];
  if (typeof value === 'string') return [[fromCgi(name), value]];
  if (typeof value === 'number') return [[name, String(value)]];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) {
    return value.map((one): MaybePair => [name, one]);
  }
  // AWS CloudFront: `[{key, value}]` below each name.
  return Array.isArray(value) && value.every(isObject) ? fromList(value) : [null];
}

/** The header's name for `HTTP_X_NAME`, the form in which CGI, WSGI and PHP write headers. */
function fromCgi(name: string): string {
  const [, own] = /^(?:HTTP_([A-Z0-9_]+))$/.exec(name) ?? [];
  return own === undefined ? name : own.toLowerCase().replaceAll('_', '-');
}

function parseLine(line: string): MaybePair[] {
  if (line.trim() === '') return [];
  const colon = line.indexOf(':', 1);
  return colon === -1 ? [null] : fromMember(line.slice(0, colon), line.slice(colon + 1)).slice();
}

/** The pairs as headers; null if any of them is not a valid header. */
function checked(pairs: readonly MaybePair[]): HeaderPair[] | null {
  if (pairs.length === 0) return null;
  const headers: HeaderPair[] = [];
  for (const pair of pairs) {
    if (pair === null || !TOKEN.test(pair[0])) return null;
    const value = toBytes(pair[1]).trim();
    if (!HEADER_VALUE.test(value)) return null;
    headers.push([pair[0], value]);
  }
  return headers;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
  );
}
