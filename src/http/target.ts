import type { LookupFunction } from 'node:net';
import { readFileSync } from 'node:fs';
import { getBuiltinModule } from 'node:process';
import {
  describeFileProblem,
  describeTlsProblem,
  errorCode,
  errorMessage,
  RelyableError,
} from '../errors.ts';

/** How a target's certificate is verified: the options `--insecure` and `--cacert`. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: Buffer;
}

/** `--insecure` and `--cacert <file>` as TLS options. Throws INPUT_UNREADABLE for an unreadable file. */
export function readTlsOptions(flags: {
  readonly insecure?: boolean | undefined;
  readonly cacert?: string | undefined;
}): TlsOptions {
  const rejectUnauthorized = flags.insecure !== true;
  if (flags.cacert === undefined) return { rejectUnauthorized };
  return { rejectUnauthorized, ca: readCertificates(flags.cacert, `--cacert ${flags.cacert}`) };
}

/** Reads a PEM file with certificates. Throws INPUT_UNREADABLE, naming `origin`, if there is none or one is broken. */
export function readCertificates(file: string, origin: string): Buffer {
  try {
    const pem = readFileSync(file);
    requireCertificates(pem.toString('latin1'));
    return pem;
  } catch (error) {
    throw new RelyableError('INPUT_UNREADABLE', `${origin}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}

/** Throws unless every certificate of a PEM file can be parsed. OpenSSL would ignore broken certificates. */
function requireCertificates(pem: string): void {
  const begins = pem.split('-----BEGIN CERTIFICATE-----').slice(1);
  if (begins.length === 0) throw new Error('expected a PEM certificate');
  const { X509Certificate } = getBuiltinModule('node:crypto');
  for (const [index, rest] of begins.entries()) {
    try {
      void new X509Certificate(`-----BEGIN CERTIFICATE-----${rest}`);
    } catch (cause) {
      const which = begins.length === 1 ? 'the certificate' : `certificate ${index + 1}`;
      throw new Error(`${which} is truncated or damaged`, { cause });
    }
  }
}

/**
 * Resolves `localhost` to both loopback addresses (RFC 6761 §6.3), regardless of the hosts file, because an
 * app may listen on either one. Node then tries both.
 */
export const lookupTarget: LookupFunction = (hostname, options, callback) => {
  if (hostname !== 'localhost' && !hostname.endsWith('.localhost')) {
    // Loaded only here, because addresses and loopback names need no DNS.
    void import('node:dns').then(({ lookup }) => lookup(hostname, options, callback));
    return;
  }
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ].filter(({ family }) => !options.family || options.family === family);
  // Asynchronous, like `dns.lookup`.
  queueMicrotask(() => {
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '127.0.0.1', addresses[0]?.family ?? 4);
  });
};

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

/** The path of a request at a target: the target's path, or the request's path if the target has none. */
export function pathAtTarget(target: URL, path: string): string {
  if (target.pathname === '/' && target.search === '') return path;
  const query = path.indexOf('?');
  const carriesQuery = target.search === '' && query !== -1;
  return `${target.pathname}${target.search}${carriesQuery ? path.slice(query) : ''}`;
}

/** Why no answer came, for people. */
export function describeFailure(error: unknown, url: URL): string {
  const where = url.host;
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return `nothing listens on ${where} (connection refused)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no address found for ${url.hostname}`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `${where} closed the connection before its answer was complete`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `${where} cannot be reached (${errorCode(error) ?? ''})`;
    case 'ERR_TIMEOUT':
      return errorMessage(error);
    case 'ERR_CLOSED_SILENTLY':
      return url.protocol === 'http:'
        ? `${where} closed the connection without an answer (a server that expects https:// does so too)`
        : `${where} closed the connection without an answer`;
    case 'ERR_TLS_TIMEOUT':
      return `${where} accepted the connection but did not answer the TLS handshake in time`;
    case 'ERR_SPEAKS_TLS':
      return `${where} speaks TLS: use https:// instead of http://`;
    case 'ERR_SPEAKS_HTTP2':
      return `${where} speaks only HTTP/2: let it accept HTTP/1.1 as well`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_HAS_EXPIRED':
      return `the TLS certificate of ${where} is not trusted (${errorMessage(error)}); --cacert names its CA, --insecure skips the check`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the TLS certificate of ${where} is for another host name; --insecure skips the check`;
    default:
      return describeTlsProblem(error, where) ?? errorMessage(error);
  }
}
