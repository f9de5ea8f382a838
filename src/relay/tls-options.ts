import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls';

export type TlsOptions = Pick<ConnectionOptions, 'checkServerIdentity'> & { readonly ca?: string };

/** TLS options for these servers (`host:port`). `ca` is PEM; undefined for the system's CAs. */
export function tlsOptions(servers: readonly string[], ca: Buffer | undefined): TlsOptions {
  const addresses = servers
    .map((server) => /^\[?(.+?)\]?:\d+$/.exec(server)?.[1] ?? '')
    .filter((host) => isIP(host) !== 0);
  return {
    ...(ca === undefined ? {} : { ca: ca.toString('latin1') }),
    ...(addresses.length === 0
      ? {}
      : { checkServerIdentity: (host, certificate) => check(host, addresses, certificate) }),
  };
}

/** Checks the name in a certificate. The NATS client does not pass the address to Node, which then uses `localhost`. */
function check(
  host: string,
  addresses: readonly string[],
  certificate: PeerCertificate,
): Error | undefined {
  const hosts = host === 'localhost' ? [...addresses, host] : [host];
  const problems = hosts.map((name) => checkServerIdentity(name, certificate));
  return problems.includes(undefined) ? undefined : problems[0];
}
