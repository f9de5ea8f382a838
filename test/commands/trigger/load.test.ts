import { describe, expect, it } from 'vitest';
import type { Outgoing, Sender } from '../../../src/http/client/send.ts';
import type { TriggerRequest } from '../../../src/commands/trigger/deliver.ts';
import { type LoadPlan, type LoadProgress, sendMany } from '../../../src/commands/trigger/load.ts';

const OUTGOING: Outgoing = {
  method: 'POST',
  url: new URL('http://app.test/'),
  headers: [],
  body: Buffer.alloc(0),
};

function requestOf(index: number): TriggerRequest {
  const event = index % 2 === 0 ? 'even' : 'odd';
  const payload = { event, body: Buffer.alloc(0), payload: undefined, wire: null };
  return { payload, outgoing: OUTGOING, signature: null };
}

/** A clock that advances while a worker sleeps or a request is in flight. */
function stage(statusOf: (n: number) => number | null, takesMs = 10) {
  let clockMs = 0;
  let inFlight = 0;
  let sent = 0;
  const controller = new AbortController();
  const beganAt: number[] = [];
  const progress: LoadProgress[] = [];
  const most = { inFlight: 0 };
  const sender: Sender = {
    send: async () => {
      const status = statusOf(sent++);
      beganAt.push(clockMs);
      inFlight += 1;
      most.inFlight = Math.max(most.inFlight, inFlight);
      await Promise.resolve();
      clockMs += takesMs;
      inFlight -= 1;
      return {
        status,
        headers: [],
        body: Buffer.alloc(0),
        isBodyCut: false,
        durationMs: takesMs,
        error: status === null ? 'nothing there' : null,
      };
    },
    close: async () => undefined,
  };
  const run = (plan: Partial<LoadPlan>): ReturnType<typeof sendMany> =>
    sendMany(
      {
        count: undefined,
        durationMs: undefined,
        concurrency: 1,
        rate: undefined,
        expected: [200],
        ...plan,
      },
      {
        sender,
        requestOf,
        elapsed: () => clockMs,
        sleep: async (ms) => {
          clockMs += ms;
        },
        signal: controller.signal,
        onProgress: (now) => {
          progress.push(now);
        },
      },
    );
  return { run, beganAt, progress, controller, most };
}

describe('sendMany', () => {
  it('sends the given number and counts the answers', async () => {
    const { run } = stage((n) => (n < 5 ? 200 : n < 9 ? 500 : null));
    const summary = await run({ count: 10 });
    expect(summary).toMatchObject({
      sent: 10,
      asExpected: 5,
      byEvent: { even: 5, odd: 5 },
      statuses: { '200': 5, '500': 4 },
      errors: { 'nothing there': 1 },
      durationMs: 100,
      perSecond: 100,
      endedBy: null,
    });
    expect(summary.latencyMs.max).toBe(10);
  });

  it('keeps no more in flight than told', async () => {
    const { run, most } = stage(() => 200);
    expect((await run({ count: 100, concurrency: 7 })).sent).toBe(100);
    expect(most.inFlight).toBe(7);
  });

  it('starts no more requests per second than the rate', async () => {
    const { run, beganAt } = stage(() => 200, 1);
    await run({ count: 5, rate: 10 });
    expect(beganAt).toEqual([0, 100, 200, 300, 400]);
  });

  it('ends when the time is over', async () => {
    const { run } = stage(() => 200, 10);
    expect((await run({ durationMs: 95 })).sent).toBe(10);
  });

  it('starts nothing whose turn comes after the time is over', async () => {
    const { run } = stage(() => 200, 1);
    expect(await run({ durationMs: 1000, rate: 4 })).toMatchObject({ sent: 4 });
  });

  it('stops where no request is answered', async () => {
    const { run } = stage(() => null);
    const summary = await run({ count: 100_000, concurrency: 4 });
    expect(summary.sent).toBeLessThan(40);
    expect(summary.endedBy).toBe('no answers');
  });

  it('goes on where answers are merely rare', async () => {
    const { run } = stage((n) => (n === 0 ? 200 : null));
    expect(await run({ count: 200 })).toMatchObject({ sent: 200, endedBy: null });
  });

  it('sums up what was done when interrupted', async () => {
    const { run, controller, progress } = stage((n) => {
      if (n === 9) controller.abort();
      return 200;
    });
    const summary = await run({ count: 1000 });
    expect(summary).toMatchObject({ sent: 10, endedBy: 'interrupt' });
    expect(progress.at(-1)?.sent).toBe(10);
  });
});
