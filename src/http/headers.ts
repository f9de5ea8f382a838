import { type HeaderPair, isSameHeader } from '../request/request.ts';

/** Asks a listener who it is; the value is a nonce, which the answer repeats. */
export const IDENTIFY_HEADER = 'Relyable-Identify';

/**
 * Headers that apply to one connection only (RFC 9110 §7.6.1), and `Expect`, which the server has
 * answered already.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** What `Connection` nearly always says; neither names a header that is not in `HOP_BY_HOP`. */
const NAMES_NOTHING = /^(keep-alive|close)$/i;

/** The hop-by-hop headers that `Connection` names; undefined where it names none. */
function namedByConnection(headers: readonly HeaderPair[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (!isSameHeader(name, 'Connection') || NAMES_NOTHING.test(value)) continue;
    named ??= new Set();
    for (const token of value.toLowerCase().split(',')) named.add(token.trim());
  }
  return named;
}

/**
 * The headers of a forwarded request with the target's own `Host`, which virtual hosts and dev servers
 * check, and the sender's in `X-Forwarded-Host`, unless a proxy has set that already. Takes and returns
 * Node's flat list; a missing `Host` becomes the first.
 */
export function withTargetHost(headers: readonly string[], host: string): string[] {
  const result: string[] = [];
  let received: string | undefined;
  let hasForwardedHost = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    if (isSameHeader(name, 'X-Forwarded-Host')) hasForwardedHost = true;
    const isHost = isSameHeader(name, 'Host');
    if (isHost) received = value;
    result.push(name, isHost ? host : value);
  }
  if (received === undefined) result.unshift('Host', host);
  else if (!hasForwardedHost && received !== host) result.push('X-Forwarded-Host', received);
  return result;
}

/**
 * The headers that are forwarded, as Node's flat list: order, case and repeats as received. `except`
 * are lower-case names of headers to leave out as well.
 */
export function endToEndHeaders(
  headers: readonly HeaderPair[],
  except?: ReadonlySet<string>,
): string[] {
  const named = namedByConnection(headers);
  const flat: string[] = [];
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || named?.has(key) === true || except?.has(key) === true) continue;
    flat.push(name, value);
  }
  return flat;
}
