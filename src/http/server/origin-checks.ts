import { isIP } from 'node:net';
import { hostOf, isLoopback } from '../loopback.ts';

/**
 * Whether a `Host` header is a safe name of a server bound to `boundHost`: a loopback name, an address, or
 * `boundHost` itself. Any other name may belong to a web page that uses DNS rebinding to read the answer.
 */
export function isOwnHost(host: string, boundHost: string): boolean {
  const url = parseUrl(`http://${host}`);
  if (url === undefined) return false;
  const name = hostOf(url);
  return isLoopback(url) || isIP(name) !== 0 || name === boundHost.toLowerCase();
}

/** The facts that decide whether a request was made on this machine. */
export interface RequestOrigin {
  /** The peer's address; undefined where the socket is closed. */
  readonly remoteAddress: string | undefined;
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Whether a request was made on this machine: it comes from a loopback address, its `Host` names this server,
 * and it is not forwarded for another client. A tunnel or proxy on this machine names its client in
 * `X-Forwarded-For` or `Forwarded`, or keeps the public `Host`.
 */
export function isLocalRequest(
  { remoteAddress = '', headers }: RequestOrigin,
  boundHost: string,
): boolean {
  const { host = '', origin, forwarded } = headers;
  const clients = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((client) => client.trim())
    .filter((client) => client !== '');
  return (
    isLoopbackAddress(remoteAddress) &&
    clients.every(isLoopbackAddress) &&
    forwarded === undefined &&
    isOwnHost(String(host), boundHost) &&
    !isForeignOrigin(origin === undefined ? undefined : String(origin))
  );
}

function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127(\.\d+){3}$/.test(address) || address === '::1';
}

/** Whether a request comes from a web page of another machine; `origin` is its `Origin` header. */
export function isForeignOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const url = parseUrl(origin);
  return url === undefined || !isLoopback(url);
}

/** Whether a server bound to this host can be reached from this machine only. */
export function isLocalHost(boundHost: string): boolean {
  const url = parseUrl(`http://${boundHost.includes(':') ? `[${boundHost}]` : boundHost}`);
  return url !== undefined && isLoopback(url);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
