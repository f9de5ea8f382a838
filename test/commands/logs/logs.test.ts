import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Handler } from '../../../src/commands/emulate/emulator/handler.ts';
import {
  type EmulatorServer,
  serveHandler,
} from '../../../src/commands/emulate/emulator/server.ts';
import { startApp } from '../../support/app.ts';
import { startCli, temporaryFolder, temporaryHome } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import {
  createFakeSender,
  SECRET,
  startEmulator,
  type TestEmulator,
} from '../../support/emulator.ts';

const KEY = 'rk_live_0123456789abcdef';
const env = { RELYABLE_API_KEY: KEY };

interface TestApi {
  readonly emulator: TestEmulator;
  readonly url: string;
  /** Stands before the emulator's handler: an answer of its own, or undefined. */
  before: (request: Request) => Response | undefined;
  /** Sends test events and waits for all their attempts. */
  send(count: number, data?: object): Promise<string[]>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** An emulator over HTTP whose endpoint answers with `status`. */
async function startApi(
  status: () => number = () => 200,
  responseBody = 'answer',
): Promise<TestApi> {
  const sender = createFakeSender(() => ({ status: status(), body: Buffer.from(responseBody) }));
  const emulator = startEmulator({ sender, apiKey: KEY });
  const endpoint = await emulator.register('https://example.test/hook', SECRET);
  const handler: Handler = async (request) =>
    api.before(request) ?? (await emulator.handler(request));
  let server: EmulatorServer = await serveHandler(handler, { host: '127.0.0.1', port: 0 });
  const { port } = server;
  onTestFinished(() => server.close(0));
  const api: TestApi = {
    emulator,
    url: `${server.url}/api`,
    before: () => undefined,
    send: async (count, data) => {
      const ids: string[] = [];
      const headers = { authorization: `Bearer ${KEY}` };
      for (let i = 0; i < count; i++) {
        const path = `/webhooks/${endpoint.id}/test`;
        const { body } = await emulator.call('POST', path, data, headers);
        ids.push(body.data.id as string);
      }
      await emulator.engine.idle();
      return ids;
    },
    stop: () => server.close(0),
    restart: async () => {
      server = await serveHandler(handler, { host: '127.0.0.1', port });
    },
  };
  return api;
}

const logs = (api: TestApi, ...args: string[]): string[] => [
  'webhooks',
  'logs',
  ...args,
  '--api-url',
  api.url,
];

/** The objects of NDJSON. */
const lines = (stdout: string): Array<Record<string, unknown>> =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const ids = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { deliveryId: string; attempt: number })
    .map(({ deliveryId, attempt }) => `${deliveryId} ${attempt}`);

/** A test of lines that passes at the one with which all of these deliveries have come. */
function completes(deliveries: readonly string[]): (line: string) => boolean {
  const missing = new Set(deliveries);
  return (line) => {
    for (const id of missing) if (line.includes(id)) missing.delete(id);
    return missing.size === 0;
  };
}

describe('relyable webhooks logs', () => {
  it('lists deliveries newest first with a summary, as lines and as NDJSON', async () => {
    let status = 500;
    const api = await startApi(() => status);
    const [failed = ''] = await api.send(1);
    status = 200;
    const [delivered = ''] = await api.send(1);
    const listed = await runCli(logs(api, 'list', '--json'), { env });
    expect(listed.code).toBe(0);
    const [newest, oldest, summary] = lines(listed.stdout);
    expect(newest).toMatchObject({
      type: 'delivery_log',
      v: 1,
      deliveryId: delivered,
      state: 'delivered',
      attempts: [{ attempt: 1, status: 200, captureId: null }],
    });
    expect(oldest).toMatchObject({ deliveryId: failed, state: 'failed' });
    expect(oldest?.['attempts']).toHaveLength(5);
    expect(summary).toEqual({
      type: 'summary',
      v: 1,
      deliveries: 2,
      delivered: 1,
      pending: 0,
      retrying: 0,
      failed: 1,
      nextRetryAt: null,
      byEndpoint: [
        { endpoint: 'https://example.test/hook', retrying: 0, failed: 1, statuses: { 500: 1 } },
      ],
      hasMore: false,
    });
    const people = await runCli(logs(api, 'list', '--reverse', '--utc'), { env });
    const [first = '', second = '', ...rest] = people.stdout.trimEnd().split('\n');
    expect(first).toMatch(/^✗ 500 {2}5\/5 {2}.*failed$/);
    expect(first).toContain(failed);
    expect(second).toContain(delivered);
    expect(rest).toEqual([
      '2 deliveries: 1 delivered, 0 retrying, 1 failed',
      '  https://example.test/hook  1 failed, 0 retrying (500: 1)',
    ]);
    for (const [args, expected] of [
      [['--status', 'failed'], [failed]],
      [['--status', '2xx'], [delivered]],
      [['--status', '4xx,none'], []],
      [['--limit', '1'], [delivered]],
      [['--since', '2100-01-01'], []],
    ] as const) {
      const some = await runCli(logs(api, 'list', '--json', ...args), { env });
      const found = lines(some.stdout).flatMap(({ deliveryId }) => deliveryId ?? []);
      expect(found).toEqual(expected);
    }
    const misspelt = await runCli(logs(api, 'list', '--event', 'test_run.complete'), { env });
    expect(misspelt.stderr).toContain('did you mean test_run.completed?');
    expect(misspelt.stderr).toContain('no matching deliveries in the log');
  });

  it('lists attempts newest first, as lines and as NDJSON, and filters', async () => {
    let status = 500;
    const api = await startApi(() => status);
    const [failed] = await api.send(1);
    status = 200;
    const [delivered] = await api.send(1);
    const all = await runCli(logs(api, 'list', '--attempts', '--json'), { env });
    expect(all.code).toBe(0);
    expect(ids(all.stdout)).toEqual([
      `${delivered} 1`,
      ...[5, 4, 3, 2, 1].map((n) => `${failed} ${n}`),
    ]);
    expect(JSON.parse(all.stdout.split('\n')[1] ?? '')).toMatchObject({
      type: 'attempt',
      v: 1,
      maxAttempts: 5,
      status: 500,
      responseBody: 'answer',
      nextRetryAt: null,
      state: 'failed',
      captureId: null,
    });
    for (const [args, count] of [
      [['--status', '200'], 1],
      [['--status', '5xx'], 5],
      [['--status', 'failed'], 5],
      [['--status', '4xx,none'], 0],
      [['--limit', '2'], 2],
      [['--event', 'agent.score_dropped'], 0],
      [['--since', '2100-01-01'], 0],
    ] as const) {
      const some = await runCli(logs(api, 'list', '--attempts', '--json', ...args), { env });
      expect(ids(some.stdout)).toHaveLength(count);
    }
    const people = await runCli(logs(api, 'list', '--attempts'), { env });
    expect(people.stdout).toContain('FAILED for good after 5 attempts');
    expect(people.stdout).toContain('│ answer');
  });

  it('shows one delivery', async () => {
    const api = await startApi();
    const [id = ''] = await api.send(1);
    const shown = await runCli(logs(api, 'show', id, '--json'), { env });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      type: 'delivery_log',
      deliveryId: id,
      state: 'delivered',
      attempts: [{ attempt: 1, status: 200 }],
    });
    const newest = await runCli(logs(api, 'show', 'last', '--json'), { env });
    expect(newest.stdout).toBe(shown.stdout);
    const missing = await runCli(logs(api, 'show', 'dlv_none'), { env });
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('no delivery dlv_none');
  });

  it('never shows the key, --verbose and errors included', async () => {
    const api = await startApi();
    await api.send(1);
    const fine = await runCli(logs(api, 'list', '--verbose'), { env });
    api.before = () =>
      new Response(JSON.stringify({ error: { message: `no ${KEY}` } }), { status: 403 });
    const refused = await runCli(logs(api, 'list', '--verbose', '--json'), { env });
    expect(refused.code).toBe(3);
    for (const { stdout, stderr } of [fine, refused]) {
      expect(stdout + stderr).not.toContain(KEY);
      expect(stderr).toContain('RELYABLE_API_KEY');
    }
  });

  it('shows nothing of what a response could do to a terminal', async () => {
    const api = await startApi(() => 500, '\u001B]0;owned\u0007\u202Ereversed\r\n');
    await api.send(1, { data: { error: '\u001B[2J' } });
    for (const args of [logs(api, 'list', '--attempts'), logs(api, 'tail', '--exit-on-failure')]) {
      const { stdout, stderr } = await runCli(args, { env });
      expect(stdout + stderr).toContain('owned');
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u001b\u0007\u202e\r]/);
    }
  });

  it('keeps what fits of deliveries that do not', async () => {
    const api = await startApi();
    api.before = () =>
      Response.json({
        message: 'ok',
        data: [
          { id: 'dlv_1', event: 'agent.renamed', attempts: [{ delivered_at: '2026-01-31 10:00' }] },
          { event: 'test_run.failed' },
          { id: 'dlv_3', event: 'test_run.failed', attempts: [{ attempt: 1, delivered_at: 'x' }] },
        ],
      });
    const { code, stdout, stderr } = await runCli(logs(api, 'list', '--attempts', '--json'), {
      env,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      deliveryId: 'dlv_1',
      event: 'agent.renamed',
      at: '2026-01-31T10:00:00.000Z',
    });
    expect(stderr).toContain('delivery number 2 of page 1: id');
    expect(stderr).toContain('delivery dlv_3: attempts.0.delivered_at');
    expect(stderr).toContain('has no time zone; read as UTC');
  });

  it('goes through the proxy of the environment, and past it for this machine', async () => {
    const api = await startApi();
    const far = await startApp((response) => response.end('{"success":true,"data":[]}'));
    const targets: string[] = [];
    const proxy: Server = createServer();
    proxy.on('connect', (request, socket) => {
      targets.push(request.url ?? '');
      const upstream = connect(far.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const behind = { ...env, HTTP_PROXY: url, HTTPS_PROXY: url };
    const args = ['webhooks', 'logs', '--json', '--api-url', 'http://api.example.test/api'];
    const result = await runCli(args, { env: behind });
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('the API key goes to api.example.test without TLS');
    expect(far.received.map(({ headers }) => headers.host)).toEqual(['api.example.test']);
    expect(targets).toEqual(['api.example.test:80']);
    expect((await runCli(logs(api, 'list'), { env: behind })).code).toBe(0);
    expect(targets).toHaveLength(1);
  });

  it('names the proxy that cannot be reached, not the API behind it', async () => {
    const gone = await startApp();
    await gone.close();
    const behind = { ...env, HTTPS_PROXY: gone.url };
    const args = ['webhooks', 'logs', '--api-url', 'https://api.example.test/api'];
    const { code, stderr } = await runCli(args, { env: behind });
    expect(code).toBe(4);
    expect(stderr).toContain(
      `the API cannot be reached: the proxy 127.0.0.1:${gone.port} cannot be reached (connection refused)\n`,
    );
    expect(stderr).not.toContain('nothing listens');
  });

  it.each(['list', 'tail'])(
    'names the event type that %s was probably to filter by',
    async (verb) => {
      // Without a key it ends at once.
      const args = ['webhooks', 'logs', verb, '--event', 'test_run.complete'];
      const { code, stderr } = await runCli(args);
      expect(code).toBe(3);
      expect(stderr).toContain('did you mean test_run.completed?');
    },
  );

  it('wants a key for an API that is not on this machine', async () => {
    const { code, stderr } = await runCli(['webhooks', 'logs']);
    expect(code).toBe(3);
    expect(stderr).toContain('Settings → API Keys');
    const file = join(temporaryFolder(), 'key');
    const missing = await runCli(['webhooks', 'logs', '--api-key-file', file]);
    expect(missing.code).toBe(2);
  });
});

describe('relyable webhooks logs resend', () => {
  it('asks for what was given up once, oldest first, until it is delivered', async () => {
    let status = 500;
    const api = await startApi(() => status);
    const [first = '', second = ''] = await api.send(2);
    const planned = await runCli(logs(api, 'resend', '--failed', '--dry-run', '--json'), { env });
    const dryRun = { type: 'summary', v: 1, deliveries: 2, dryRun: true };
    expect(lines(planned.stdout)).toMatchObject([
      { deliveryId: first },
      { deliveryId: second },
      dryRun,
    ]);
    // Those that fail again stand for the ones before them: a loop does not ask for more each time.
    const failed = await runCli(logs(api, 'resend', '--failed', '--json'), { env });
    const ids = lines(failed.stdout).filter(({ type }) => type === 'resend');
    expect(ids).toMatchObject([{ deliveryId: first }, { deliveryId: second }]);
    await api.emulator.engine.idle();
    status = 200;
    const resent = await runCli(logs(api, 'resend', '--failed', '--json'), { env });
    expect(resent.code).toBe(0);
    expect(lines(resent.stdout)).toMatchObject([
      ...ids.map(({ newDeliveryId }) => ({
        type: 'resend',
        v: 1,
        deliveryId: newDeliveryId,
        dryRun: false,
      })),
      { type: 'summary', v: 1, deliveries: 2, dryRun: false },
    ]);
    await api.emulator.engine.idle();
    const [created] = lines(resent.stdout);
    expect(api.emulator.log.get(String(created?.['newDeliveryId']))?.state).toBe('delivered');
    const again = await runCli(logs(api, 'resend', '--failed'), { env });
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('asked for 0 deliveries again');
  });

  it('asks for the newest delivery by the word last', async () => {
    const api = await startApi();
    expect((await runCli(logs(api, 'resend', 'last'), { env })).stderr).toContain(
      'the delivery log is empty',
    );
    await api.send(1);
    // Times in the log are whole milliseconds.
    const before = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(before);
    const [newest] = await api.send(1);
    const { code, stdout } = await runCli(logs(api, 'resend', 'last', '--json'), { env });
    expect(code).toBe(0);
    expect(lines(stdout)).toMatchObject([{ deliveryId: newest }, { type: 'summary' }]);
  });

  it('tells an API that does not send again from an unknown delivery', async () => {
    const api = await startApi();
    const [id = ''] = await api.send(1);
    api.before = ({ method }) =>
      method === 'POST' ? new Response('Not Found', { status: 404 }) : undefined;
    const unsupported = await runCli(logs(api, 'resend', id), { env });
    expect(unsupported.code).toBe(2);
    expect(unsupported.stderr).toContain(`the API does not send ${id} again (404)`);
    expect(unsupported.stderr).toContain('not publicly document');
    expect(unsupported.stderr).toContain(
      `relyable webhooks logs replay ${id} sends the same bytes`,
    );
    const app = await startApp();
    const args = logs(api, 'replay', id, '--to', app.url);
    expect((await runCli(args, { env })).code).toBe(0);
    const unknown = await runCli(logs(api, 'resend', 'dlv_none'), { env });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('no delivery dlv_none');
    for (const args of [['resend'], ['resend', id, '--failed'], ['resend', id, '--since', '2h']]) {
      expect((await runCli(logs(api, ...args), { env })).code).toBe(2);
    }
  });
});

describe('relyable webhooks logs tail', () => {
  const tailArgs = (api: TestApi, ...args: string[]): string[] =>
    logs(api, 'tail', '--interval', '50ms', '--json', ...args);

  it('goes on where it ended, nothing missed and nothing twice', async () => {
    const home = temporaryHome();
    const api = await startApi();
    const early = await api.send(3);
    const first = startCli(tailArgs(api), { env, home });
    await first.nextLine(completes(early));
    const live = await api.send(1);
    await first.nextLine((line) => line.includes(live[0] ?? ''));
    first.child.kill('SIGINT');
    const { code, stdout } = await first.done;
    expect(code).toBe(0);
    expect(ids(stdout).toSorted()).toEqual([...early, ...live].map((id) => `${id} 1`).toSorted());
    const missed = await api.send(230);
    const second = startCli(tailArgs(api, '--resume'), { env, home });
    await second.nextLine(completes(missed));
    second.child.kill('SIGINT');
    expect(ids((await second.done).stdout).toSorted()).toEqual(
      missed.map((id) => `${id} 1`).toSorted(),
    );
  });

  it('does not go on from the cursor of another API', async () => {
    const home = temporaryHome();
    const [one, other] = [await startApi(() => 500), await startApi(() => 500)];
    const [before = ''] = await one.send(1);
    const first = await runCli(tailArgs(one, '--exit-on-failure'), { env, home });
    expect(first.stdout).toContain(before);
    const [known = ''] = await other.send(1);
    const second = await runCli(tailArgs(other, '--resume', '--exit-on-failure'), { env, home });
    expect(second.stderr).toContain(
      `--resume: the previous tail of this profile read ${one.url}, not ${other.url}`,
    );
    expect(second.stdout).toContain(known);
  });

  it('is stopped while it waits for its reader, and goes on from there', async () => {
    const home = temporaryHome();
    const api = await startApi(() => 200, 'x'.repeat(20_000));
    const all = await api.send(300);
    const first = startCli(tailArgs(api, '--since', '2000-01-01'), { env, home });
    await first.nextLine(() => true);
    first.child.stdout.pause();
    first.child.kill('SIGINT');
    first.child.stdout.resume();
    const { code, stdout } = await first.done;
    expect(code).toBe(0);
    const shown = ids(stdout);
    expect(shown.length).toBeLessThan(all.length);
    const second = startCli(tailArgs(api, '--resume'), { env, home });
    await second.nextLine(completes(all.filter((id) => !shown.includes(`${id} 1`))));
    second.child.kill('SIGINT');
    shown.push(...ids((await second.done).stdout));
    expect(shown.toSorted()).toEqual(all.map((id) => `${id} 1`).toSorted());
  });

  it('ends when its reader leaves, and shows again what that one may not have read', async () => {
    const home = temporaryHome();
    const api = await startApi(() => 200, 'x'.repeat(20_000));
    const [seen = ''] = await api.send(1);
    const before = startCli(tailArgs(api), { env, home });
    await before.nextLine((line) => line.includes(seen));
    before.child.kill('SIGINT');
    await before.done;
    const missed = await api.send(300);
    const left = startCli(tailArgs(api, '--resume'), { env, home });
    await left.nextLine(() => true);
    left.child.stdout.destroy();
    expect((await left.done).code).toBe(0);
    const again = startCli(tailArgs(api, '--resume'), { env, home });
    await again.nextLine(completes(missed));
    again.child.kill('SIGINT');
    expect(ids((await again.done).stdout).toSorted()).toEqual(
      missed.map((id) => `${id} 1`).toSorted(),
    );
  });

  it('says once that the API is lost, then catches up', async () => {
    const api = await startApi();
    const running = startCli(tailArgs(api), { env });
    const [before] = await api.send(1);
    await running.nextLine((line) => line.includes(before ?? ''));
    await api.stop();
    await running.nextErrorLine((line) => line.includes('retrying until'));
    const missed = await api.send(120);
    await api.restart();
    await running.nextErrorLine((line) => line.includes('answers again after'));
    await running.nextLine(completes(missed));
    running.child.kill('SIGINT');
    const { stdout, stderr } = await running.done;
    expect(ids(stdout).toSorted()).toEqual([before, ...missed].map((id) => `${id} 1`).toSorted());
    expect(stderr.match(/retrying until/g)).toHaveLength(1);
  });

  it.each([
    ['HTML from a proxy', '<html>Sign in</html>', 'got HTML'],
    ['truncated JSON', '{"success":true,"data":[{', 'breaks off'],
    ['success: false', '{"success":false,"error":{"code":"BUSY","message":"later"}}', 'BUSY'],
  ])('survives %s with a 200', async (_, body, said) => {
    const api = await startApi();
    const running = startCli(tailArgs(api), { env });
    const [first] = await api.send(1);
    await running.nextLine((line) => line.includes(first ?? ''));
    api.before = () => new Response(body, { status: 200 });
    await running.nextErrorLine((line) => line.includes(said));
    const [second] = await api.send(1);
    api.before = () => undefined;
    await running.nextLine((line) => line.includes(second ?? ''));
  });

  it('ends with 4 where the API is down at the start, and with 3 once the key is revoked', async () => {
    const api = await startApi();
    const running = startCli(tailArgs(api), { env });
    const [id] = await api.send(1);
    await running.nextLine((line) => line.includes(id ?? ''));
    api.before = () => new Response('{}', { status: 401 });
    const revoked = await running.done;
    expect(revoked.code).toBe(3);
    expect(JSON.parse(revoked.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'error',
      code: 'NOT_AUTHENTICATED',
    });
    await api.stop();
    const down = await runCli(tailArgs(api), { env });
    expect(down).toMatchObject({ code: 4, stdout: '' });
    expect(down.stderr).toContain('nothing listens on 127.0.0.1');
  });

  it('with --exit-on-failure ends with 1 at the first delivery given up', async () => {
    const api = await startApi(() => 503);
    const [id] = await api.send(1);
    const { code, stdout } = await runCli(tailArgs(api, '--exit-on-failure'), { env });
    expect(code).toBe(1);
    expect(ids(stdout).at(-1)).toBe(`${id} 5`);
  });

  describe('with expectations', () => {
    /** Runs a tail to its end; the events are sent once it has shown the old ones. */
    async function tailWith(
      api: TestApi,
      expectations: readonly string[],
      send: () => Promise<unknown> = async () => undefined,
    ): Promise<{ code: number | null; report: any; stderr: string }> {
      const [old = ''] = await api.send(1);
      const running = startCli(tailArgs(api, ...expectations), { env });
      await running.nextLine((line) => line.includes(old));
      await send();
      const { code, stdout, stderr } = await running.done;
      return { code, report: JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), stderr };
    }

    /** The lines of attempts. */
    const withoutReport = (stdout: string): string => stdout.replace(/.*\n$/, '');

    it('ends with 0 once a new attempt meets them; the first ones shown do not count', async () => {
      const api = await startApi();
      const { code, report } = await tailWith(api, ['--expect', 'test_run.completed'], () =>
        api.send(1),
      );
      expect(report).toMatchObject({ type: 'expectations', met: true, deliveries: 1 });
      expect(code).toBe(0);
    });

    it('ends with 5 at the time limit, though the API is asked once an hour', async () => {
      const api = await startApi();
      const args = ['--expect', 'test_run.completed', '--timeout-after', '0', '--interval', '1h'];
      const { code, stdout } = await runCli(logs(api, 'tail', '--json', ...args), { env });
      expect(JSON.parse(stdout)).toMatchObject({ ending: 'time', verdict: 'waiting' });
      expect(code).toBe(5);
    });

    it('ends with 1 after n attempts of which one was not answered 200', async () => {
      const api = await startApi(() => 500);
      const [id = ''] = await api.send(1);
      const since = ['--since', '2000-01-01', '--exit-after', '2'];
      const { code, stdout } = await runCli(tailArgs(api, ...since), { env });
      expect(ids(withoutReport(stdout))).toEqual([`${id} 1`, `${id} 2`]);
      expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
        met: false,
        failures: [{ id, why: 'answered 500' }, { id }],
      });
      expect(code).toBe(1);
    });

    it('goes on with --resume behind the attempt that met them', async () => {
      const home = temporaryHome();
      const api = await startApi();
      const all = await api.send(3);
      const one = ['--since', '2000-01-01', '--exit-after', '1'];
      const first = await runCli(tailArgs(api, ...one), { env, home });
      const second = await runCli(tailArgs(api, '--resume', '--exit-after', '2'), { env, home });
      expect([first.code, second.code]).toEqual([0, 0]);
      const shown = [first, second].flatMap(({ stdout }) => ids(withoutReport(stdout)));
      expect(shown).toHaveLength(3);
      expect(shown.toSorted()).toEqual(all.map((id) => `${id} 1`).toSorted());
    });

    it('is told by its exit code that it was interrupted', async () => {
      const api = await startApi();
      const running = startCli(tailArgs(api, '--expect', 'x.y'), { env });
      await running.nextErrorLine((line) => line.includes('watching'));
      running.child.kill('SIGINT');
      const { code, stderr } = await running.done;
      expect(stderr).toContain('--expect: x.y is not a published event type');
      expect(code).toBe(130);
    });
  });

  it('refuses an interval that is none', async () => {
    for (const interval of ['0', '1ms', 'often']) {
      const { code } = await runCli(['webhooks', 'logs', 'tail', '--interval', interval]);
      expect(code).toBe(2);
    }
  });
});
