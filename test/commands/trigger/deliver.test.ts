import { describe, expect, it } from 'vitest';
import type { Outgoing, Sender, SendResult } from '../../../src/http/client/send.ts';
import {
  type Attempt,
  createRequest,
  deliver,
  type Schedule,
} from '../../../src/commands/trigger/deliver.ts';
import { createPayload } from '../../../src/commands/trigger/payload.ts';
import { retryOffsetsMs } from '../../../src/relyable/retry.ts';
import { signPayload } from '../../../src/signature/sign.ts';

const MINUTE = 60_000;

function request(): ReturnType<typeof createRequest> {
  const payload = createPayload('test_run.failed', {
    seed: undefined,
    timestamp: 'sample',
    overrides: [],
    wire: 'compact',
    nowMs: 0,
  });
  return createRequest(payload, {
    to: new URL('http://app.test/hook'),
    secret: 's',
    sign: (body) => signPayload(body, 's'),
    userAgent: 'test',
    tamper: undefined,
    headers: [['content-type', 'text/plain']],
  });
}

/** Answers the statuses in turn, on a clock that moves only during sleeps. */
function stage(statuses: readonly (number | null)[]) {
  const sent: Outgoing[] = [];
  const controller = new AbortController();
  const attempts: Attempt[] = [];
  const waits: number[] = [];
  let clockMs = 1000;
  const sender: Sender = {
    send: async (outgoing): Promise<SendResult> => {
      const status = statuses[sent.length] ?? null;
      sent.push(outgoing);
      const error = status === null ? 'nothing there' : null;
      return { status, error, headers: [], body: Buffer.alloc(0), isBodyCut: false, durationMs: 1 };
    },
    close: async () => undefined,
  };
  const run = (schedule: Partial<Schedule>): Promise<readonly Attempt[]> =>
    deliver(
      request(),
      { offsetsMs: [0], speed: 1, duplicates: 0, ...schedule },
      {
        sender,
        now: () => clockMs,
        sleep: async (ms) => {
          clockMs += ms;
        },
        signal: controller.signal,
        onAttempt: (attempt) => attempts.push(attempt),
        onWait: ({ waitMs }) => waits.push(waitMs),
      },
    );
  return { run, sent, attempts, waits, controller };
}

describe('createRequest', () => {
  it('lets a header of the user replace ours of that name', () => {
    const { headers } = request().outgoing;
    expect(headers.filter(([name]) => name.toLowerCase() === 'content-type')).toEqual([
      ['content-type', 'text/plain'],
    ]);
  });
});

describe('deliver', () => {
  it('keeps to the schedule until it is answered 200', async () => {
    const { run, sent, waits } = stage([500, null, 204, 200]);
    const attempts = await run({ offsetsMs: retryOffsetsMs() });
    expect(attempts.map(({ n, at, offsetMs, status }) => [n, at, offsetMs, status])).toEqual([
      [1, 1000, 0, 500],
      [2, 1000 + MINUTE, MINUTE, null],
      [3, 1000 + 6 * MINUTE, 6 * MINUTE, 204],
      [4, 1000 + 21 * MINUTE, 21 * MINUTE, 200],
    ]);
    expect(waits).toEqual([MINUTE, 5 * MINUTE, 15 * MINUTE]);
    expect(new Set(sent).size).toBe(1);
  });

  it('gives up after the fifth attempt', async () => {
    const { run } = stage([500, 500, 500, 500, 500, 200]);
    const attempts = await run({ offsetsMs: retryOffsetsMs() });
    expect(attempts).toHaveLength(5);
    expect(attempts.at(-1)).toMatchObject({ status: 500, offsetMs: 81 * MINUTE });
  });

  it('reads the delays as offsets where told to', async () => {
    const { run } = stage([500, 500, 500, 500, 500]);
    const attempts = await run({ offsetsMs: retryOffsetsMs('offsets') });
    expect(attempts.map(({ at }) => (at - 1000) / MINUTE)).toEqual([0, 1, 5, 15, 60]);
  });

  it.each([
    [60, [1000, 5000, 15_000, 60_000]],
    ['instant' as const, []],
  ])('compresses the schedule at speed %s', async (speed, expected) => {
    const { run, waits } = stage([500, 500, 500, 500, 500]);
    const attempts = await run({ offsetsMs: retryOffsetsMs(), speed });
    expect(waits).toEqual(expected);
    expect(attempts.at(-1)?.offsetMs).toBe(81 * MINUTE);
  });

  it('repeats the same bytes', async () => {
    const { run, sent } = stage([200, 200, 500]);
    const attempts = await run({ duplicates: 2 });
    expect(attempts.map(({ isDuplicate, status }) => [isDuplicate, status])).toEqual([
      [false, 200],
      [true, 200],
      [true, 500],
    ]);
    expect(new Set(sent).size).toBe(1);
  });

  it('ends with what it has when interrupted', async () => {
    const { run, controller, attempts } = stage([500, 500]);
    const running = run({ offsetsMs: retryOffsetsMs(), duplicates: 3 });
    controller.abort();
    expect(await running).toHaveLength(1);
    expect(attempts).toHaveLength(1);
  });
});
