import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hostOf } from '../http/loopback.ts';

/** What a request must have to be answered. */
export interface Gate {
  /** The server's own authority, e.g. `127.0.0.1:4401`. */
  readonly host: string;
  readonly port: number;
  /** The secret of the printed address. */
  readonly token: string;
}

/** Why a request is refused; null if it is allowed. */
export type Refusal = 'host' | 'origin' | 'token' | null;

/** Other names of this server: a browser can be sent to each, and DNS cannot point a page at one. */
const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '::1']);

/** Whether `Host` is a name of this server: any other may be a page that uses DNS rebinding. */
export function isServedHost(host: string | undefined, gate: Gate): boolean {
  if (host === undefined) return false;
  if (host === gate.host) return true;
  const own = URL.canParse(`http://${gate.host}`) ? hostOf(new URL(`http://${gate.host}`)) : '';
  if (!LOOPBACK_NAMES.has(own)) return false;
  if (!URL.canParse(`http://${host}`)) return false;
  const url = new URL(`http://${host}`);
  return LOOPBACK_NAMES.has(hostOf(url)) && url.host === host && portOf(url) === gate.port;
}

function portOf(url: URL): number {
  return url.port === '' ? 80 : Number(url.port);
}

/**
 * Judges a request that reads captures or acts: `Host`, where it comes from, and the token in the
 * cookie or in `Authorization: Bearer`. A browser states where a request comes from; a program that
 * states neither must have the token anyway.
 */
export function judgeRequest(headers: IncomingHttpHeaders, gate: Gate, acts: boolean): Refusal {
  if (!isServedHost(headers.host, gate)) return 'host';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return 'origin';
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host ?? ''}`) return 'origin';
  if (acts && origin === undefined && headers.authorization === undefined) return 'origin';
  return hasToken(headers, gate) ? null : 'token';
}

/** The cookie's name holds the port: cookies of a host are shared by all its ports. */
export function cookieName({ port }: Gate): string {
  return `relyable_inspect_${port}`;
}

/** `Set-Cookie` for a browser that opened the printed address. */
export function sessionCookie(gate: Gate): string {
  return `${cookieName(gate)}=${gate.token}; Path=/; HttpOnly; SameSite=Strict`;
}

function hasToken(headers: IncomingHttpHeaders, gate: Gate): boolean {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return [bearer, readCookie(headers.cookie, cookieName(gate))].some(
    (given) => given !== undefined && isToken(given, gate),
  );
}

/** Compares in constant time. */
export function isToken(given: string, { token }: Gate): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
