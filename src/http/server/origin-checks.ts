import { isIP } from 'node:net';
import { hostOf, isLoopback } from '../loopback.ts';

/**
 * Whether a `Host` header names a server bound to `boundHost` by a name that nobody else can point
 * at it: a loopback name, an address, or that very name. Any other may be a web page's own, led
 * here by DNS rebinding to read what is answered.
 */
export function isOwnHost(host: string, boundHost: string): boolean {
  const url = parseUrl(`http://${host}`);
  if (url === undefined) return false;
  const name = hostOf(url);
  return isLoopback(url) || isIP(name) !== 0 || name === boundHost.toLowerCase();
}

/** Whether the page behind a request, if there is one, is of another machine. */
export function isForeignOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const url = parseUrl(origin);
  return url === undefined || !isLoopback(url);
}

/** Whether a server bound to this host is reached from this machine alone. */
export function isLocalHost(boundHost: string): boolean {
  const url = parseUrl(`http://${boundHost.includes(':') ? `[${boundHost}]` : boundHost}`);
  return url !== undefined && isLoopback(url);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
