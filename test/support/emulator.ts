import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/commands/emulate/emulator/clock.ts';
import {
  createEmulator,
  type Emulator,
  type EmulatorOptions,
} from '../../src/commands/emulate/emulator/emulator.ts';
import type { EmulatorEvent } from '../../src/commands/emulate/emulator/events.ts';
import { seededFractions } from '../../src/relyable/seeded-random.ts';
import {
  createSender,
  type Outgoing,
  type Sender,
  type SendResult,
} from '../../src/http/client/send.ts';

export const SECRET = 'whsec_dev_test';

/** The time at which a fake clock starts: an ordinary one. */
export const START = Date.UTC(2026, 0, 31, 10);

export interface FakeClock extends Clock {
  /** Moves the time on. Sleepers wake in order of their time, and the work they start is awaited. */
  pass(ms: number): Promise<void>;
  /** Moves the wall clock alone, as when a laptop was suspended: timers are as far off as before. */
  jump(ms: number): void;
  readonly sleepers: number;
}

/** A clock that stands still until it is told to move. */
export function createFakeClock(start = START): FakeClock {
  let time = start;
  let sleeping: Array<{ at: number; wake: () => void }> = [];
  const runStartedWork = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => time,
    get sleepers() {
      return sleeping.length;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: time + ms, wake: resolve };
        sleeping.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleeping = sleeping.filter((other) => other !== sleeper);
          reject(new Error('aborted'));
        });
      }),
    pass: async (ms) => {
      const end = time + ms;
      await runStartedWork();
      for (;;) {
        const [next] = sleeping.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        sleeping = sleeping.filter((other) => other !== next);
        time = Math.max(time, next.at);
        next.wake();
        await runStartedWork();
      }
      time = end;
    },
    jump: (ms) => {
      time += ms;
      sleeping = sleeping.map(({ at, wake }) => ({ at: at + ms, wake }));
    },
  };
}

/** A sender without a network: `answer` says what the endpoint does. */
export function createFakeSender(
  answer: (outgoing: Outgoing, count: number) => Partial<SendResult> | Promise<Partial<SendResult>>,
): Sender & { readonly sent: Outgoing[] } {
  const sent: Outgoing[] = [];
  return {
    sent,
    send: async (outgoing) => {
      sent.push(outgoing);
      const result = await answer(outgoing, sent.length);
      return {
        status: 200,
        headers: [],
        body: Buffer.alloc(0),
        isBodyCut: false,
        durationMs: 1,
        error: null,
        ...result,
      };
    },
    close: async () => undefined,
  };
}

export interface TestEmulator extends Emulator {
  readonly events: EmulatorEvent[];
  /** One call of the API; the parsed body of the answer with its status. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: any }>;
}

/** An emulator at speed `instant` with a real sender, unless told otherwise. */
export function startEmulator(options: Partial<EmulatorOptions> = {}): TestEmulator {
  const events: EmulatorEvent[] = [];
  const sender =
    options.sender ?? createSender({ timeoutMs: 30_000, tls: { rejectUnauthorized: true } });
  onTestFinished(() => sender.close());
  const clock: Clock = {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(new Error('aborted'));
        });
      }),
  };
  const emulator = createEmulator({
    clock,
    speed: 'instant',
    reading: 'gaps',
    sender,
    concurrency: 64,
    userAgent: 'relyable-emulator/test',
    random: seededFractions(7, 'emulate'),
    rateLimit: 1_000_000,
    faults: [],
    emit: (event) => events.push(event),
    ...options,
  });
  onTestFinished(() => emulator.engine.stop(0));
  return {
    ...emulator,
    events,
    call: async (method, path, body, headers = { authorization: 'Bearer any' }) => {
      const response = await emulator.handler(
        new Request(`http://emulator.test/api${path}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const text = response.type === 'error' ? 'null' : await response.text();
      return { status: response.status, headers: response.headers, body: JSON.parse(text) };
    },
  };
}
