import { type HeaderPair, isSameHeader } from '../request/request.ts';

/** The header that asks a listener to identify itself. Its value is a nonce, which the answer repeats. */
export const IDENTIFY_HEADER = 'Relyable-Identify';

/**
 * Headers that apply to a single connection (RFC 9110 §7.6.1), and `Expect`, which our server has already
 * answered.
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

/** Matches the usual values of `Connection`, which name no further hop-by-hop header. */
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
 * Sets `Host` to the target's host, which virtual hosts and dev servers check. The sender's `Host` goes into
 * `X-Forwarded-Host`, unless a proxy has set that header already. Takes and returns Node's flat list. A
 * missing `Host` is added at the beginning.
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
 * The headers that are forwarded, as Node's flat list, with their order, case and repeats. `except` has the
 * lower-case names of further headers to leave out.
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
