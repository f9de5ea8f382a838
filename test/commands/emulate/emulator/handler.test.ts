import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseFaults } from '../../../../src/commands/emulate/emulator/faults.ts';
import { seededFractions } from '../../../../src/relyable/seeded-random.ts';
import { serveHandler } from '../../../../src/commands/emulate/emulator/server.ts';
import {
  createFakeSender,
  SECRET,
  startEmulator,
  type TestEmulator,
} from '../../../support/emulator.ts';
import { onTestFinished } from 'vitest';

const quiet = (): ReturnType<typeof createFakeSender> => createFakeSender(() => ({}));

async function withDeliveries(count: number, emulator: TestEmulator): Promise<string[]> {
  const endpoint = await emulator.register('https://example.test/hook', SECRET);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { body } = await emulator.call('POST', `/webhooks/${endpoint.id}/test`);
    ids.push(body.data.id as string);
  }
  await emulator.engine.idle();
  return ids;
}

describe('the emulated API', () => {
  it('makes endpoints and tells their secret once', async () => {
    const emulator = startEmulator({ sender: quiet() });
    const made = await emulator.call('POST', '/webhooks', {
      url: 'https://example.test/hook',
      events: ['test_run.failed'],
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      success: true,
      data: { url: 'https://example.test/hook', events: ['test_run.failed'] },
    });
    expect(made.body.data.secret).toMatch(/^whsec_.{16}$/);
    const listed = await emulator.call('GET', '/webhooks');
    const { secret: _, ...told } = made.body.data;
    expect(listed.body).toEqual({ success: true, data: [told] });
    const own = await emulator.call('POST', '/webhooks', {
      url: 'http://[::1]:1/',
      secret: 'mine',
    });
    expect(own.body.data).toMatchObject({ secret: 'mine', events: { length: 4 } });
    expect((await emulator.call('DELETE', `/webhooks/${told.id}`)).status).toBe(200);
    expect((await emulator.call('DELETE', `/webhooks/${told.id}`)).status).toBe(404);
  });

  it.each([
    [{ url: 'http://example.test/hook' }, /HTTPS/],
    [{ url: 'http://127.0.0.1.example.test/' }, /HTTPS/],
    [{ url: 'ftp://127.0.0.1/' }, /HTTPS/],
    [{ url: 'https://user:pass@example.test/' }, /user name/],
    [{ url: 'nonsense' }, /expected a URL/],
    [{}, /url/],
    [{ url: 'https://example.test/', events: ['test_run.done'] }, /events/],
    [{ url: 'https://example.test/', colour: 'red' }, /colour/],
  ])('refuses the endpoint %j', async (body, message) => {
    const emulator = startEmulator({ sender: quiet() });
    const refused = await emulator.call('POST', '/webhooks', body);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ success: false, error: { code: 'INVALID_REQUEST' } });
    expect(refused.body.error.message).toMatch(message);
    await expect(emulator.register('http://example.test/', SECRET)).rejects.toThrow('HTTPS');
  });

  it('sends test events with the fields it is given', async () => {
    const sender = quiet();
    const emulator = startEmulator({ sender });
    const endpoint = await emulator.register('https://example.test/hook', SECRET);
    const { status, body } = await emulator.call('POST', `/webhooks/${endpoint.id}/test`, {
      event: 'agent.score_dropped',
      data: { current_score: 1 },
    });
    expect(status).toBe(201);
    expect(Object.keys(body.data).sort()).toEqual(
      [
        'attempts',
        'endpoint',
        'event',
        'event_id',
        'id',
        'next_retry_at',
        'request',
        'state',
      ].sort(),
    );
    await emulator.engine.idle();
    const sent = JSON.parse(Buffer.from(sender.sent[0]?.body ?? []).toString()) as unknown;
    expect(sent).toMatchObject({ event: 'agent.score_dropped', data: { current_score: 1 } });
    expect((await emulator.call('POST', '/webhooks/nobody/test')).status).toBe(404);
    const wrong = await emulator.call('POST', `/webhooks/${endpoint.id}/test`, { event: 'x' });
    expect(wrong.status).toBe(400);
  });

  it('pages newest first, filters, and keeps the contract’s limits', async () => {
    const emulator = startEmulator({ sender: quiet() });
    const ids = await withDeliveries(30, emulator);
    const first = await emulator.call('GET', '/webhooks/deliveries');
    expect(first.body.pagination).toEqual({ page: 1, limit: 25, total: 30 });
    expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual(
      ids.toReversed().slice(0, 25),
    );
    const second = await emulator.call('GET', '/webhooks/deliveries?page=2&limit=25');
    expect(second.body.data).toHaveLength(5);
    const beyond = await emulator.call('GET', '/webhooks/deliveries?page=9&limit=100');
    expect(beyond.body).toMatchObject({ success: true, data: [] });
    const failed = await emulator.call('GET', '/webhooks/deliveries?state=failed');
    expect(failed.body).toMatchObject({ data: [], pagination: { total: 0 } });
    const recent = await emulator.call('GET', '/webhooks/deliveries?since=2020-01-01T00:00:00Z');
    expect(recent.body.pagination.total).toBe(30);
    for (const query of ['page=0', 'limit=101', 'limit=x', 'state=lost', 'since=soon', 'event=x']) {
      expect((await emulator.call('GET', `/webhooks/deliveries?${query}`)).status).toBe(400);
    }
  });

  it('shows one delivery and sends it again as a new one with the same bytes', async () => {
    const sender = quiet();
    const emulator = startEmulator({ sender });
    const [id] = await withDeliveries(1, emulator);
    const shown = await emulator.call('GET', `/webhooks/deliveries/${id}`);
    expect(shown.body.data).toMatchObject({
      id,
      state: 'delivered',
      attempts: [{ attempt: 1, response_status: 200, error: null }],
    });
    const resent = await emulator.call('POST', `/webhooks/deliveries/${id}/resend`);
    expect(resent.status).toBe(201);
    expect(resent.body.data.id).not.toBe(id);
    expect(resent.body.data.event_id).toBe(shown.body.data.event_id);
    await emulator.engine.idle();
    expect(sender.sent[1]?.body).toEqual(sender.sent[0]?.body);
    expect((await emulator.call('GET', '/webhooks/deliveries/none')).status).toBe(404);
    expect((await emulator.call('GET', '/elsewhere')).status).toBe(404);
    expect((await emulator.call('PATCH', '/webhooks')).status).toBe(404);
  });

  it('lists agents, of which it has none, as doctor asks for', async () => {
    const { call } = startEmulator();
    expect(await call('GET', '/agents?limit=1')).toMatchObject({
      status: 200,
      body: { success: true, data: [], pagination: { page: 1, limit: 1, total: 0 } },
    });
    expect((await call('GET', '/agents?limit=101')).status).toBe(400);
  });

  it('wants a key: any, or the one it was given', async () => {
    const open = startEmulator({ sender: quiet() });
    expect((await open.call('GET', '/webhooks', undefined, {})).status).toBe(401);
    expect((await open.call('GET', '/webhooks')).status).toBe(200);
    const closed = startEmulator({ sender: quiet(), apiKey: 'right' });
    const refused = await closed.call('GET', '/webhooks');
    expect(refused.status).toBe(401);
    expect(JSON.stringify(refused.body)).not.toContain('right');
    const headers = { authorization: 'Bearer right' };
    expect((await closed.call('GET', '/webhooks', undefined, headers)).status).toBe(200);
  });

  it('limits requests and says in headers how much is left', async () => {
    let now = 1_000_000;
    const clock = { now: () => now, sleep: async () => undefined };
    const emulator = startEmulator({ sender: quiet(), rateLimit: 2, clock, speed: 1 });
    const statuses: Array<[number, string | null]> = [];
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await emulator.call('GET', '/webhooks');
      statuses.push([status, headers.get('x-ratelimit-remaining')]);
    }
    expect(statuses).toEqual([
      [200, '1'],
      [200, '0'],
      [429, '0'],
    ]);
    const refused = await emulator.call('GET', '/webhooks');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('x-ratelimit-reset')).toBe('1060');
    now += 60_000;
    expect((await emulator.call('GET', '/webhooks')).status).toBe(200);
  });

  it('has faults on demand, each as often as asked', async () => {
    const emulator = startEmulator({
      sender: quiet(),
      faults: parseFaults('429:1,500:1,garbage:1', '--faults'),
    });
    const limited = await emulator.call('GET', '/webhooks');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await emulator.call('GET', '/webhooks')).status).toBe(500);
    await expect(emulator.call('GET', '/webhooks')).rejects.toThrow(SyntaxError);
    expect((await emulator.call('GET', '/webhooks')).status).toBe(200);
  });

  it('strikes a share of the requests, the same for one seed', async () => {
    const run = async (): Promise<number[]> => {
      const faults = parseFaults('500:30%', '--faults');
      const emulator = startEmulator({
        sender: quiet(),
        faults,
        random: seededFractions(3, 'emulate'),
      });
      const statuses: number[] = [];
      for (let i = 0; i < 50; i++) statuses.push((await emulator.call('GET', '/webhooks')).status);
      return statuses;
    };
    const [one, two] = [await run(), await run()];
    expect(one).toEqual(two);
    expect(one.filter((status) => status === 500).length).toBeGreaterThan(5);
    expect(one.filter((status) => status === 200).length).toBeGreaterThan(20);
  });

  it('waits where it is told to be slow', async () => {
    const slept: number[] = [];
    const clock = {
      now: () => 0,
      sleep: async (ms: number) => {
        slept.push(ms);
      },
    };
    const emulator = startEmulator({
      sender: quiet(),
      clock,
      speed: 1,
      faults: parseFaults('slow:2s:1', '--faults'),
    });
    await emulator.call('GET', '/webhooks');
    await emulator.call('GET', '/webhooks');
    expect(slept).toEqual([2000]);
  });

  it('moves the pages while a client reads them', async () => {
    const emulator = startEmulator({ sender: quiet(), faults: parseFaults('shift:1', '--faults') });
    await emulator.register('https://example.test/hook', SECRET);
    const { body } = await emulator.call('GET', '/webhooks/deliveries');
    expect(body.pagination.total).toBe(1);
  });

  it.each(['417', '500:', '500:x', '500:120%', 'slow:fast'])(
    'does not know the fault %s',
    (text) => {
      expect(() => parseFaults(text, '--faults')).toThrow('--faults');
    },
  );

  it('answers a body above its limit with 413 in the words of the API', async () => {
    const emulator = startEmulator({ sender: quiet() });
    const server = await serveHandler(emulator.handler, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close(0));
    for (const body of [
      Buffer.alloc(3_000_000),
      ReadableStream.from(Array.from({ length: 30 }, () => new Uint8Array(100_000))),
    ]) {
      const init = { method: 'POST', headers: { authorization: 'Bearer a' }, body, duplex: 'half' };
      const answer = await fetch(`${server.url}/api/webhooks`, init as RequestInit);
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({
        success: false,
        error: { code: 'PAYLOAD_TOO_LARGE' },
      });
    }
  });

  it('resets connections over a real socket', async () => {
    const emulator = startEmulator({ sender: quiet(), faults: parseFaults('reset:1', '--faults') });
    const server = await serveHandler(emulator.handler, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close(0));
    const error = await new Promise((resolve) => {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', resolve);
      socket.write(
        'GET /api/webhooks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\n\r\n',
      );
    });
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    const answer = await fetch(`${server.url}/api/webhooks`, {
      headers: { authorization: 'Bearer a' },
    });
    expect(await answer.json()).toEqual({ success: true, data: [] });
  });
});
