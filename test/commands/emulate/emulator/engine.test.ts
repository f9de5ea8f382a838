import { describe, expect, it } from 'vitest';
import type { RetryReading } from '../../../../src/relyable/retry.ts';
import { isSameSignature, signPayload } from '../../../../src/signature/sign.ts';
import { startApp } from '../../../support/app.ts';
import {
  createFakeClock,
  createFakeSender,
  SECRET,
  START,
  startEmulator,
  type TestEmulator,
} from '../../../support/emulator.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

async function sendOne(emulator: TestEmulator, url = 'https://example.test/hook'): Promise<string> {
  const endpoint = await emulator.register(url, SECRET);
  const { body } = await emulator.call('POST', `/webhooks/${endpoint.id}/test`, {});
  return body.data.id as string;
}

/** A sender that hangs for /hangs until it is told to end that, and answers everything else. */
function createHangingSender(answer: { readonly status: number }): {
  readonly sender: ReturnType<typeof createFakeSender>;
  endHanging(): void;
} {
  let hanging: Array<() => void> = [];
  return {
    sender: createFakeSender(({ url }) => {
      if (url.pathname !== '/hangs') return answer;
      return new Promise((resolve) => hanging.push(() => resolve({ status: 200 })));
    }),
    endHanging: () => {
      for (const end of hanging) end();
      hanging = [];
    },
  };
}

describe('the delivery engine', () => {
  it.each<[RetryReading, number[]]>([
    ['gaps', [0, 1, 6, 21, 81]],
    ['offsets', [0, 1, 5, 15, 60]],
  ])(
    'follows the schedule read as %s to the millisecond, then gives up and says so',
    async (reading, minutes) => {
      const clock = createFakeClock();
      const sender = createFakeSender(() => ({ status: 500 }));
      const emulator = startEmulator({ clock, speed: 1, reading, sender });
      const id = await sendOne(emulator);
      await clock.pass(0);
      const delivery = emulator.log.get(id);
      for (const [index, minute] of minutes.entries()) {
        expect(delivery?.attempts).toHaveLength(index + 1);
        const next = minutes[index + 1];
        expect(delivery?.nextRetryAt).toBe(next === undefined ? null : START + next * MINUTE);
        if (next === undefined) break;
        await clock.pass((next - minute) * MINUTE - 1);
        expect(delivery?.attempts).toHaveLength(index + 1);
        await clock.pass(1);
      }
      expect(delivery?.attempts.map(({ at }) => (at - START) / MINUTE)).toEqual(minutes);
      expect(delivery?.state).toBe('failed');
      expect(emulator.events.map(({ type }) => type)).toEqual([
        ...minutes.map(() => 'attempt'),
        'notice',
      ]);
      await clock.pass(1000 * MINUTE);
      expect(sender.sent).toHaveLength(5);
    },
  );

  it('sends the same signed bytes each time, as production would', async () => {
    const sender = createFakeSender(() => ({ status: null, error: 'nothing listens' }));
    const emulator = startEmulator({ sender });
    await sendOne(emulator);
    await emulator.engine.idle();
    const [first] = sender.sent;
    expect(sender.sent).toHaveLength(5);
    for (const outgoing of sender.sent) expect(outgoing).toEqual(first);
    const headers = new Headers(first?.headers.map(([name, value]) => [name, value]));
    expect(headers.get('content-type')).toBe('application/json');
    const signature = headers.get('x-relyable-signature') ?? '';
    expect(isSameSignature(signature, signPayload(first?.body ?? Buffer.alloc(0), SECRET))).toBe(
      true,
    );
  });

  it.each([
    [200, 'delivered', 1],
    [201, 'failed', 5],
    [202, 'failed', 5],
    [204, 'failed', 5],
    [302, 'failed', 5],
    [404, 'failed', 5],
  ])('counts an answer of %i as %s', async (status, state, attempts) => {
    const app = await startApp((response) => response.writeHead(status).end());
    const emulator = startEmulator();
    const id = await sendOne(emulator, app.url);
    await emulator.engine.idle();
    expect(emulator.log.get(id)).toMatchObject({ state });
    expect(app.received).toHaveLength(attempts);
  });

  it('at speed instant tells production times and waits for none of them', async () => {
    const app = await startApp((response) => {
      response.writeHead(app.received.length < 3 ? 500 : 200).end(`n ${app.received.length}`);
    });
    const emulator = startEmulator();
    const id = await sendOne(emulator, app.url);
    await emulator.engine.idle();
    const { attempts = [], state } = emulator.log.get(id) ?? {};
    expect(state).toBe('delivered');
    expect(attempts.map(({ status, responseBody }) => [status, responseBody])).toEqual([
      [500, 'n 1'],
      [500, 'n 2'],
      [200, 'n 3'],
    ]);
    const [first = 0, second = 0, third = 0] = attempts.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(MINUTE);
    expect(third - second).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(third - first).toBeLessThan(7 * MINUTE);
  });

  it('compresses the schedule', async () => {
    const clock = createFakeClock();
    const sender = createFakeSender(() => ({ status: 500 }));
    const emulator = startEmulator({ clock, speed: 60, sender });
    const id = await sendOne(emulator);
    await clock.pass(81 * SECOND);
    expect(emulator.log.get(id)?.attempts.map(({ at }) => (at - START) / SECOND)).toEqual([
      0, 1, 6, 21, 81,
    ]);
  });

  it('catches up after the machine slept through a retry', async () => {
    const clock = createFakeClock();
    const sender = createFakeSender((_, count) => ({ status: count === 1 ? 500 : 200 }));
    const emulator = startEmulator({ clock, speed: 1, sender });
    const id = await sendOne(emulator);
    await clock.pass(30 * SECOND);
    clock.jump(8 * 60 * MINUTE);
    await clock.pass(30 * SECOND);
    expect(emulator.log.get(id)).toMatchObject({ state: 'delivered' });
  });

  it('keeps a bounded part of the response and why there was none', async () => {
    const long = createFakeSender(() => ({ status: 200, body: Buffer.alloc(100_000, 'x') }));
    const emulator = startEmulator({ sender: long });
    const id = await sendOne(emulator);
    await emulator.engine.idle();
    expect(emulator.log.get(id)?.attempts[0]?.responseBody).toHaveLength(4096);

    const refused = startEmulator();
    const other = await sendOne(refused, 'http://127.0.0.1:9/');
    await refused.engine.idle();
    const attempt = refused.log.get(other)?.attempts[0];
    expect(attempt).toMatchObject({ status: null, responseBody: null });
    expect(attempt?.error).toContain('127.0.0.1:9');
  });

  it('keeps to its number of attempts in flight', async () => {
    let inFlight = 0;
    let most = 0;
    const sender = createFakeSender(async () => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return {};
    });
    const emulator = startEmulator({ sender, concurrency: 4 });
    const endpoint = await emulator.register('https://example.test/', SECRET);
    await Promise.all(
      Array.from({ length: 50 }, () => emulator.call('POST', `/webhooks/${endpoint.id}/test`)),
    );
    await emulator.engine.idle();
    expect(sender.sent).toHaveLength(50);
    expect(most).toBe(4);
  });

  it('lets no endpoint that hangs hold up another', async () => {
    const clock = createFakeClock();
    const { sender, endHanging } = createHangingSender({ status: 200 });
    const emulator = startEmulator({ clock, speed: 1, sender, concurrency: 2 });
    const hanging = await emulator.register('https://example.test/hangs', SECRET);
    for (let i = 0; i < 4; i++) await emulator.call('POST', `/webhooks/${hanging.id}/test`);
    const id = await sendOne(emulator);
    await clock.pass(0);
    expect(emulator.log.get(id)).toMatchObject({ state: 'delivered' });
    expect(sender.sent).toHaveLength(3);
    endHanging();
    await clock.pass(0);
    expect(sender.sent).toHaveLength(5);
    endHanging();
  });

  it('at speed instant goes on with the schedule of the others after a second', async () => {
    const clock = createFakeClock();
    const { sender, endHanging } = createHangingSender({ status: 500 });
    const emulator = startEmulator({ clock, sender });
    await sendOne(emulator, 'https://example.test/hangs');
    const id = await sendOne(emulator);
    await clock.pass(SECOND - 1);
    expect(emulator.log.get(id)?.attempts).toHaveLength(1);
    await clock.pass(1);
    expect(emulator.log.get(id)).toMatchObject({ state: 'failed', attempts: { length: 5 } });
    endHanging();
  });

  it('reports nothing that its own end cuts off', async () => {
    let cutOff: () => void = () => undefined;
    const sender = createFakeSender(
      () => new Promise((resolve) => (cutOff = () => resolve({ status: null, error: 'stopped' }))),
    );
    const emulator = startEmulator({ sender });
    await sendOne(emulator);
    await emulator.engine.stop(0);
    cutOff();
    await emulator.engine.idle();
    expect(emulator.events).toEqual([]);
  });

  it('stops retrying for an endpoint that was deleted', async () => {
    const clock = createFakeClock();
    const sender = createFakeSender(() => ({ status: 500 }));
    const emulator = startEmulator({ clock, speed: 1, sender });
    const id = await sendOne(emulator);
    await clock.pass(0);
    const [endpoint] = emulator.endpoints.list();
    await emulator.call('DELETE', `/webhooks/${endpoint?.id}`);
    await clock.pass(100 * MINUTE);
    expect(sender.sent).toHaveLength(1);
    expect(emulator.log.get(id)).toMatchObject({ state: 'failed', nextRetryAt: null });
  });

  it('stops after what is in flight', async () => {
    let finish: () => void = () => undefined;
    const sender = createFakeSender(
      () => new Promise((resolve) => (finish = () => resolve({ status: 500 }))),
    );
    const emulator = startEmulator({ sender });
    const id = await sendOne(emulator);
    const stopped = emulator.engine.stop(60_000);
    finish();
    await stopped;
    expect(emulator.log.get(id)?.attempts).toHaveLength(1);
    expect(sender.sent).toHaveLength(1);
  });
});
