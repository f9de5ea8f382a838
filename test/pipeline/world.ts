import { IncomingMessage, request as httpRequest, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ForwarderOptions } from '../../src/http/client/forward.ts';
import type { ReceivedRequest } from '../../src/http/server/receive.ts';
import type { HandledRequest, ListenEvent, Refused, Summary } from '../../src/pipeline/events.ts';
import { type Listener, type ListenerOptions, startListener } from '../../src/pipeline/listener.ts';
import type { PipelineWorld } from '../../src/pipeline/pipeline.ts';
import type { Forward, NewCapture } from '../../src/request/capture.ts';
import type { HeaderPair } from '../../src/request/request.ts';
import { signPayload } from '../../src/signature/sign.ts';
import type { StreamPosition } from '../../src/store/positions.ts';
import type { Reason } from '../../src/signature/verify.ts';

export const SECRET = 'whsec_pipeline';

export const PAYLOAD = Buffer.from(
  '{"id":"evt_1","event":"test_run.completed","data":{"test_run_id":"run_1"}}',
);

interface Added {
  readonly capture: NewCapture;
  readonly position: StreamPosition | undefined;
  /** Makes it durable; `first` is the capture of the same event that came before. */
  stored(first?: string | null): void;
  fail(message: string): void;
}

/** A store in memory. Captures are durable at once, or when the test says so. */
export class FakeStore {
  readonly added: Added[] = [];
  readonly forwards: Array<readonly [id: string, forward: Forward]> = [];
  readonly answered: Array<readonly [id: string, status: number]> = [];
  readonly reasons: Array<readonly [id: string, reason: Reason]> = [];
  /** Set before the requests that should wait for `stored` or `fail`. */
  isHeld = false;
  private wake: (() => void) | undefined;

  add(capture: NewCapture, position?: StreamPosition): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.added.push({
        capture,
        position,
        stored: (first = null) => resolve(first),
        fail: (message) => reject(new Error(message)),
      });
      if (!this.isHeld) resolve(null);
      this.wake?.();
    });
  }

  addForward(id: string, forward: Forward): void {
    this.forwards.push([id, forward]);
  }

  setAnswered(id: string, status: number): void {
    this.answered.push([id, status]);
  }

  setReason(id: string, reason: Reason): void {
    this.reasons.push([id, reason]);
  }

  /** The nth capture (from 0), once it was added. */
  async nth(index: number): Promise<Added> {
    for (;;) {
      const added = this.added[index];
      if (added !== undefined) return added;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** A world whose clock stands still until the test moves it, and which keeps what is emitted. */
export class TestWorld implements PipelineWorld {
  readonly store = new FakeStore();
  readonly storeFile = '/store/captures.db';
  readonly events: ListenEvent[] = [];
  private ms = 0;
  private waiters: Array<() => void> = [];

  now = (): number => 1_700_000_000_000 + this.ms;
  // Its zero is arbitrary, as that of a monotonic clock.
  elapsed = (): number => 5000 + this.ms;
  randomBytes = (size: number): Buffer => Buffer.alloc(size, this.store.added.length);

  advance(ms: number): void {
    this.ms += ms;
  }

  emit = (event: ListenEvent): void => {
    this.events.push(event);
    for (const wake of this.waiters.splice(0)) wake();
  };

  /** The nth report of a handled request (from 0), once it was emitted. */
  handled(index = 0): Promise<HandledRequest> {
    return this.event('delivery', index);
  }

  refused(index = 0): Promise<Refused> {
    return this.event('refused', index);
  }

  summary(): Promise<Summary> {
    return this.event('summary', 0);
  }

  private async event<T extends ListenEvent['type']>(
    type: T,
    index: number,
  ): Promise<Extract<ListenEvent, { type: T }>> {
    for (;;) {
      const found = this.events.filter((event) => event.type === type)[index];
      if (found !== undefined) return found as Extract<ListenEvent, { type: T }>;
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }
}

/** What a sender got. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly json: () => unknown;
}

export interface TestListener extends Listener {
  readonly world: TestWorld;
  readonly store: FakeStore;
  /** Sends a signed request; rejects where the answer breaks off. */
  post(body?: Buffer, headers?: Readonly<Record<string, string>>): Promise<Got>;
}

export type TestOptions = Partial<Omit<ListenerOptions, 'forward' | 'routes'>> & {
  /** The app; without it nothing is forwarded. */
  readonly to?: string;
  readonly concurrency?: number;
  readonly keepsHost?: boolean;
  readonly addedHeaders?: ForwarderOptions['addedHeaders'];
  /** Targets of event types. */
  readonly routeTo?: Readonly<Record<string, string>>;
};

export function optionsFor({
  to,
  concurrency = 64,
  keepsHost = false,
  addedHeaders = [],
  routeTo = {},
  ...options
}: TestOptions): ListenerOptions {
  const forwardTo = (url: string): ForwarderOptions => ({
    target: new URL(url),
    addedHeaders,
    concurrency,
    timeoutMs: 0,
    tls: { rejectUnauthorized: true },
    keepsHost,
  });
  return {
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 10_000_000,
    maxPartialBytes: Infinity,
    isPublic: false,
    secrets: [{ source: 'test secret', value: SECRET, role: 'chosen' }],
    events: undefined,
    invalid: 'reject',
    respond: 'mirror',
    forward: to === undefined ? undefined : forwardTo(to),
    routes: Object.entries(routeTo).map(([event, url]) => [event, forwardTo(url)]),
    ...options,
  };
}

/** A listener in this process, on a store in memory; stopped when the test ends. */
export async function listen(options: TestOptions = {}): Promise<TestListener> {
  const world = new TestWorld();
  const listener = await startListener(optionsFor(options), world);
  onTestFinished(() => listener.stop(0));
  listener.announce({ publicUrl: null, tunnel: null }, null);
  return {
    ...listener,
    world,
    store: world.store,
    post: (body = PAYLOAD, headers = signed(body)) => post(listener.receiver.url, body, headers),
  };
}

export function signed(body: Buffer): Record<string, string> {
  return { 'X-Relyable-Signature': signPayload(body, SECRET) };
}

function post(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          json: () => JSON.parse(whole.toString('utf8')) as unknown,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A signed request whose sender is not on a socket: `response` says what was answered so far. */
export function receivedRequest(body: Buffer = PAYLOAD): ReceivedRequest {
  const headers: HeaderPair[] = [
    ['Host', 'test'],
    ['Content-Length', String(body.length)],
    ...Object.entries(signed(body)),
  ];
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  return { method: 'POST', path: '/', httpVersion: '1.1', headers, body, response };
}

/** Lets everything run that is ready to. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
