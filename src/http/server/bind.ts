import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, errorMessage, RelyableError } from '../../errors.ts';

/** Where a server accepts connections. */
export interface Bound {
  readonly port: number;
  /** The URL for clients, e.g. `http://127.0.0.1:4400`. */
  readonly url: string;
}

/** Starts to listen. Port 0 selects any free port. Rejects with PORT_IN_USE or UNREACHABLE. */
export async function bindServer(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Bound> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(bindError(error, host, port)));
    server.listen(port, host, () => resolve());
  });
  const bound = (server.address() as AddressInfo).port;
  return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` };
}

function bindError(error: Error, host: string, port: number): RelyableError {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new RelyableError('PORT_IN_USE', `port ${port} on ${host} is in use`, {
        hint: 'stop what listens there, or choose another with --port (0 takes any free one)',
        cause: error,
      });
    case 'EACCES':
      return new RelyableError('PORT_IN_USE', `no permission to listen on port ${port}`, {
        hint: 'choose a port above 1023 with --port',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new RelyableError('UNREACHABLE', `${host} is not an address of this machine`, {
        hint: '--host 127.0.0.1 is reachable from here, --host 0.0.0.0 from everywhere',
        cause: error,
      });
    default:
      return new RelyableError(
        'UNREACHABLE',
        `cannot listen on ${host}:${port}: ${errorMessage(error)}`,
        {
          cause: error,
        },
      );
  }
}

/** Accepts no further connections. Resolves when every answer is sent, or after `graceMs`. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const limit = setTimeout(() => server.closeAllConnections(), graceMs);
  // Otherwise a sender with a kept connection could continue to send requests on it.
  server.keepAliveTimeout = 1;
  server.prependListener('request', (_, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(limit);
}
