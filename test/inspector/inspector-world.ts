import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { InspectorOptions, InspectorWorld } from '../../src/inspector/inspector-options.ts';
import { type Inspector, startInspector } from '../../src/inspector/server.ts';
import type { Capture } from '../../src/request/capture.ts';
import { fillStore, SECRET } from '../support/captures.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface InspectorUnderTest {
  readonly inspector: Inspector;
  readonly storeFile: string;
  /** Without the token. */
  readonly origin: string;
  readonly token: string;
  /** A request with the token unless the headers say otherwise; nothing is added to them. */
  call(path: string, options?: CallOptions): Promise<Reply>;
  /** The JSON of an answer of 200. */
  read<T>(path: string): Promise<T>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An inspector with these captures, closed when the test ends. */
export async function inspect(
  captures: readonly Capture[],
  options: Partial<InspectorOptions> = {},
  world: Partial<InspectorWorld> = {},
): Promise<InspectorUnderTest> {
  const storeFile = join(temporaryFolder(), 'captures.db');
  if (captures.length > 0) fillStore(storeFile, captures);
  const inspector = await startInspector(
    {
      host: '127.0.0.1',
      port: 0,
      storeFile,
      secrets: [{ source: '--secret', value: SECRET, role: 'chosen' }],
      target: null,
      listenerUrl: null,
      publicAddress: null,
      tls: { rejectUnauthorized: true },
      timeoutMs: 0,
      api: null,
      recipe: null,
      pageFolder: join(ROOT, 'dist/page'),
      ...options,
    },
    {
      now: Date.now,
      elapsed: () => performance.now(),
      randomBytes,
      fetch: globalThis.fetch,
      sleep: (ms) => setTimeout(ms),
      ...world,
    },
  );
  onTestFinished(() => inspector.close());
  const { origin, searchParams } = new URL(inspector.url);
  const token = searchParams.get('token') ?? '';
  const call = (path: string, { method = 'GET', headers, body }: CallOptions = {}) =>
    send(`${origin}${path}`, method, headers ?? { Authorization: `Bearer ${token}` }, body);
  return {
    inspector,
    storeFile,
    origin,
    token,
    call,
    read: async (path) => {
      const { status, text } = await call(path);
      if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
      return JSON.parse(text);
    },
  };
}

/** node:http, because fetch does not send a Host of one's own. */
function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
