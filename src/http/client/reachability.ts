import { lookup } from 'node:dns/promises';
import { connect, createServer } from 'node:net';
import { errorCode, errorMessage, RelyableError } from '../../errors.ts';
import { hostOf } from '../loopback.ts';
import { portOf } from '../target.ts';

/** The result of a TCP connection to one address of a target. */
export interface Reach {
  readonly address: string;
  /** null if the connection was accepted. */
  readonly error: string | null;
}

const CONNECT_TIMEOUT_MS = 2000;

/** Opens and closes one TCP connection; sends nothing. */
export function tryConnect(address: string, port: number, signal: AbortSignal): Promise<Reach> {
  return new Promise((resolve) => {
    // A separate signal for each attempt: many attempts on the caller's signal would exceed its listener limit.
    const stopped = AbortSignal.any([signal]);
    const socket = connect({ host: address, port, timeout: CONNECT_TIMEOUT_MS });
    const finish = (error: string | null): void => {
      stopped.removeEventListener('abort', stop);
      socket.destroy();
      resolve({ address, error });
    };
    const stop = (): void => finish('stopped');
    stopped.addEventListener('abort', stop, { once: true });
    socket.once('connect', () => finish(null));
    socket.once('timeout', () => finish(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
    socket.once('error', (error) => finish(describe(error)));
  });
}

function describe(error: Error): string {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'this machine has no route there';
    default:
      return errorMessage(error);
  }
}

/** All addresses of a URL's host. `localhost` has both loopback addresses. Rejects if DNS has none. */
export async function addressesOf(url: URL): Promise<string[]> {
  const host = hostOf(url);
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/**
 * Whether any address of a URL (IPv4 or IPv6) accepts connections. Rejects with UNREACHABLE if the host has
 * no address.
 */
export async function isListening(url: URL, signal: AbortSignal): Promise<boolean> {
  const addresses = await addressesOf(url).catch((cause: unknown) => {
    throw new RelyableError('UNREACHABLE', `no address found for ${url.hostname}`, { cause });
  });
  const reaches = await Promise.all(
    addresses.map((address) => tryConnect(address, portOf(url), signal)),
  );
  return reaches.some(({ error }) => error === null);
}

/** Binds a port and closes it again. Returns the system's error code (`EADDRINUSE`, `EACCES`, …), or null on success. */
export function tryBind(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? errorMessage(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
