import {
  type HeaderPair,
  isSameHeader,
  toFlatHeaders,
  type WebhookRequest,
} from '../../request/request.ts';
import { Client } from './client.ts';
import type { AnswerListener, Exchange } from './exchange.ts';
import { endToEndHeaders, withTargetHost } from '../headers.ts';
import { pathAtTarget, type TlsOptions } from '../target.ts';

export interface ForwarderOptions {
  readonly target: URL;
  /** Headers that are added at the end of every request. They replace headers of the same name. */
  readonly addedHeaders: readonly HeaderPair[];
  /** The limit on connections, and so on forwards under way. Further forwards wait. */
  readonly concurrency: number;
  /** The time limit of each exchange, ms; 0 for no limit. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  /** Sends the sender's `Host` instead of the target's own. */
  readonly keepsHost: boolean;
  /** Called once, if the app at the target turns out to serve connections one after the other. */
  readonly onSerial?: (target: URL) => void;
}

export interface Forwarder {
  readonly target: URL;
  /** The URL that a request is sent to, with the target's path, or with the request's path if the target has none. */
  urlFor(request: Pick<WebhookRequest, 'path'>): string;
  /** Sends a request unchanged. The listener gets the answer or the failure. */
  forward(request: WebhookRequest, listener: AnswerListener): Exchange;
  close(): void;
}

/**
 * Forwards requests to one target over reused connections. Body bytes and the order, case and repeats of
 * headers are preserved. A chunked body gets a `Content-Length`. For `Host`, see `withTargetHost` and
 * `keepsHost`. Redirects are not followed.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { target, concurrency, timeoutMs, tls, keepsHost, onSerial } = options;
  const client = new Client(target, {
    connections: concurrency,
    timeoutMs,
    keepsConnections: true,
    tls,
    ...(onSerial === undefined ? {} : { onSerial: () => onSerial(target) }),
  });
  const isHost = ([name]: HeaderPair): boolean => isSameHeader(name, 'Host');
  const namedHost = options.addedHeaders.findLast(isHost)?.[1];
  const added = options.addedHeaders.filter((pair) => !isHost(pair));
  const ownHeaders = toFlatHeaders(added);
  const replaced = new Set(added.map(([name]) => name.toLowerCase()));
  const pathFor = ({ path }: Pick<WebhookRequest, 'path'>): string => pathAtTarget(target, path);

  return {
    target,
    urlFor: (request) => `${target.origin}${pathFor(request)}`,
    forward: (request, listener) => {
      const { headers: received, body } = request;
      const kept = endToEndHeaders(received, replaced);
      kept.push(...ownHeaders);
      const isKept = namedHost === undefined && keepsHost && has(kept, 'Host');
      const headers = isKept ? kept : withTargetHost(kept, namedHost ?? target.host);
      // A body that came in chunks is forwarded in one piece.
      if (!has(headers, 'Content-Length')) headers.push('Content-Length', String(body.length));
      return client.request({ method: 'POST', path: pathFor(request), headers, body }, listener);
    },
    close: () => client.close('relyable stopped before an answer came'),
  };
}

/** Whether Node's flat list has a header. */
function has(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (isSameHeader(headers[i] ?? '', name)) return true;
  }
  return false;
}
