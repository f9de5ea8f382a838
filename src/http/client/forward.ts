import { type HeaderPair, toFlatHeaders, type WebhookRequest } from '../../request/request.ts';
import { isLoopback } from '../loopback.ts';
import { Client } from './client.ts';
import type { AnswerListener, Exchange } from './exchange.ts';
import { endToEndHeaders } from '../headers.ts';
import { pathAtTarget, type TlsOptions } from '../target.ts';

export interface ForwarderOptions {
  readonly target: URL;
  /** Added to every request, after its own headers of other names; same names are replaced. */
  readonly addedHeaders: readonly HeaderPair[];
  /** Connections, hence forwards in flight; more wait. */
  readonly concurrency: number;
  /** For each whole exchange; 0 for none. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
}

export interface Forwarder {
  readonly target: URL;
  /** Where this request goes: the target's path, or the request's own where the target has none. */
  urlFor(request: Pick<WebhookRequest, 'path'>): string;
  /** Sends the request on as it came; everything else is told to the listener. */
  forward(request: WebhookRequest, listener: AnswerListener): Exchange;
  close(): void;
}

/**
 * Passes requests to one target over kept connections: body bytes, header order, case and repeats
 * as received; a body that came in chunks gets a `Content-Length`. To a loopback target `Host` keeps the sender's
 * value, to any other it names the target, as certificates and virtual hosts need it. Redirects
 * are answers and not followed.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { target, concurrency, timeoutMs, tls } = options;
  const client = new Client(target, {
    connections: concurrency,
    timeoutMs,
    keepsConnections: true,
    tls,
  });
  const ownHeaders = toFlatHeaders(options.addedHeaders);
  const replaced = new Set(options.addedHeaders.map(([name]) => name.toLowerCase()));
  const namesHost = replaced.has('host');
  if (!isLoopback(target)) replaced.add('host');
  const pathFor = ({ path }: Pick<WebhookRequest, 'path'>): string => pathAtTarget(target, path);

  return {
    target,
    urlFor: (request) => `${target.origin}${pathFor(request)}`,
    forward: (request, listener) => {
      const { headers: received, body } = request;
      const kept = endToEndHeaders(received, replaced);
      if (!namesHost && !has(kept, 'host')) kept.unshift('Host', target.host);
      const headers = [...kept, ...ownHeaders];
      // A body that came in chunks goes on whole.
      if (!has(headers, 'content-length')) headers.push('Content-Length', String(body.length));
      return client.request({ method: 'POST', path: pathFor(request), headers, body }, listener);
    },
    close: () => client.close('relyable stopped before an answer came'),
  };
}

function has(headers: readonly string[], wanted: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) return true;
  }
  return false;
}
