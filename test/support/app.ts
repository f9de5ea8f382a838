import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as an app on a real socket received it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface TestApp {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Resolves once the app has seen n requests in all. */
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

export type Answer = (response: ServerResponse, received: Received) => void;

/** An app on a loopback port that records the requests it receives; closed when the test ends. */
export async function startApp(
  answer: Answer = (response) => response.end('OK'),
  options: { readonly host?: string; readonly port?: number } = {},
): Promise<TestApp> {
  const received: Received[] = [];
  let waiters: Array<() => void> = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen: Received = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      received.push(seen);
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
      answer(response, seen);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const host = options.host === '::1' ? '[::1]' : '127.0.0.1';
  return {
    url: `http://${host}:${port}`,
    port,
    received,
    waitFor: async (count) => {
      while (received.length < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    close,
  };
}
