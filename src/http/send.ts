import { setMaxListeners } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { toHeaderPairs, type HeaderPair } from '../webhook/request.ts';
import { elapsedMs } from './latency.ts';
import { describeFailure, lookupTarget, type TlsOptions } from './target.ts';

/** One request to send, its bytes settled. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** In this order and case. `Host` and `Content-Length` are added where they are missing. */
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

/** What came of it: an answer, or why there was none. Both are values. */
export interface SendResult {
  /** null when no complete answer came. */
  readonly status: number | null;
  readonly headers: readonly HeaderPair[];
  /** At most the first `MAX_ANSWER_BYTES`. */
  readonly body: Buffer;
  /** The answer's body was longer than what is kept. */
  readonly isBodyCut: boolean;
  readonly durationMs: number;
  /** In a person's words; null when an answer came. */
  readonly error: string | null;
}

export interface SendOptions {
  /** For the whole exchange; 0 for none. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  readonly signal?: AbortSignal;
  /** Connections are kept for later requests (default), or only one is, or none. */
  readonly reuse?: 'many' | 'one' | 'none';
  /** Writes each body in so many pieces with a pause between them, like a slow sender. */
  readonly pieces?: { readonly count: number; readonly pauseMs: number };
}

/** Sends requests over kept connections; never throws for what the other side does. */
export interface Sender {
  send(outgoing: Outgoing): Promise<SendResult>;
  close(): Promise<void>;
}

/** How requests begin, and over which connections. */
interface Transport {
  readonly begin: typeof httpRequest;
  readonly agent: Agent;
}

/** How much of an answer's body is read before the connection is let go. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** The list with `Host` in front and `Content-Length` behind where the caller gave none. */
export function completeHeaders({ headers, url, body }: Outgoing): readonly HeaderPair[] {
  const has = (name: string): boolean =>
    headers.some(([key]) => key.length === name.length && key.toLowerCase() === name);
  const complete: HeaderPair[] = has('host') ? [...headers] : [['Host', url.host], ...headers];
  if (!has('content-length') && !has('transfer-encoding')) {
    complete.push(['Content-Length', String(body.length)]);
  }
  return complete;
}

/** Header pairs as Node's and undici's flat list. */
export function flattenHeaders(pairs: readonly HeaderPair[]): string[] {
  const flat: string[] = [];
  for (const [name, value] of pairs) flat.push(name, value);
  return flat;
}

/** A sender on node:http, which starts fastest; for many requests see `createPoolSender`. */
export function createSender(options: SendOptions): Sender {
  const { timeoutMs, tls, signal, reuse = 'many', pieces } = options;
  const agentOptions = {
    keepAlive: reuse !== 'none',
    maxSockets: reuse === 'one' ? 1 : 256,
    lookup: lookupTarget,
  };
  // Every request under way listens to it.
  if (signal !== undefined) setMaxListeners(0, signal);
  const plain: Transport = { begin: httpRequest, agent: new Agent(agentOptions) };
  let overTls: Promise<Transport> | undefined;
  /** Loaded when the first such request is sent: node:tls takes a tenth of a start. */
  const loadTls = async (): Promise<Transport> => {
    const https = await import('node:https');
    return { begin: https.request, agent: new https.Agent({ ...agentOptions, ...tls }) };
  };

  const send = async (outgoing: Outgoing): Promise<SendResult> => {
    const isTls = outgoing.url.protocol === 'https:';
    return exchange(outgoing, isTls ? await (overTls ??= loadTls()) : plain);
  };

  const exchange = (outgoing: Outgoing, { begin, agent }: Transport): Promise<SendResult> =>
    new Promise((resolve) => {
      const startedAt = elapsedMs();
      const requestOptions = {
        method: outgoing.method,
        agent,
        headers: flattenHeaders(completeHeaders(outgoing)),
        setHost: false,
      };
      let request: ClientRequest;
      let timer: NodeJS.Timeout | undefined;
      let received: Pick<SendResult, 'headers' | 'body' | 'isBodyCut'> = {
        headers: [],
        body: Buffer.alloc(0),
        isBodyCut: false,
      };
      const finish = (status: number | null, error: string | null): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        resolve({ status, ...received, durationMs: elapsedMs() - startedAt, error });
      };
      const fail = (error: unknown): void => finish(null, describeFailure(error, outgoing.url));
      const onAbort = (): void => void request.destroy(new Error('stopped before an answer came'));
      try {
        request = begin(outgoing.url, requestOptions);
      } catch (error) {
        // A header or path that HTTP cannot carry.
        fail(error);
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs > 0) {
        timer = setTimeout(() => request.destroy(timeoutError(timeoutMs)), timeoutMs);
      }
      request.on('error', fail);
      request.on('response', (response) => {
        readAnswer(response).then((answer) => {
          received = answer;
          finish(response.statusCode ?? null, null);
        }, fail);
      });
      if (pieces === undefined) request.end(outgoing.body);
      else writeSlowly(request, outgoing.body, pieces);
      if (signal?.aborted === true) onAbort();
    });

  return {
    send,
    close: async () => {
      plain.agent.destroy();
      (await overTls)?.agent.destroy();
    },
  };
}

function writeSlowly(
  request: ClientRequest,
  body: Uint8Array,
  { count, pauseMs }: NonNullable<SendOptions['pieces']>,
): void {
  const size = Math.max(1, Math.ceil(body.length / count));
  const writeFrom = (at: number): void => {
    if (request.destroyed) return;
    if (at + size >= body.length) {
      request.end(body.subarray(at));
      return;
    }
    request.write(body.subarray(at, at + size));
    setTimeout(writeFrom, pauseMs, at + size);
  };
  request.setNoDelay(true);
  writeFrom(0);
}

export function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no complete answer within ${timeoutMs / 1000} s`), {
    code: 'ERR_TIMEOUT',
  });
}

/** By events: an async iterator over the first response of a process takes a millisecond more. */
function readAnswer(
  response: IncomingMessage,
): Promise<Pick<SendResult, 'headers' | 'body' | 'isBodyCut'>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
      const isBodyCut = size > MAX_ANSWER_BYTES;
      resolve({ headers: toHeaderPairs(response.rawHeaders), body, isBodyCut });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) return;
      // And the connection with it.
      response.destroy();
      finish();
    });
    response.on('end', finish);
    response.on('error', reject);
  });
}
