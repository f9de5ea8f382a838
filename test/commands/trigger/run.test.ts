import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { announceListener } from '../../../src/commands/kit/running-listeners.ts';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { WIRE_FORMATS } from '../../../src/relyable/wire-format.ts';
import { TAMPERS } from '../../../src/signature/tamper-kinds.ts';
import { type Received, startApp, type TestApp } from '../../support/app.ts';
import { type CliOptions, spawnCli, temporaryFolder } from '../../support/cli.ts';
import { HANDLER_SECRET, startHandler } from '../../support/handlers.ts';
import { startPtyCli } from '../../support/pty.ts';
import { hasFlask } from '../../support/stacks.ts';
import { ENV, isSigned, SECRET, startStatusApp, trigger } from '../../support/trigger.ts';

describe('one event', () => {
  it.each(EVENT_TYPES)('sends %s, signed, as the sample with the present time', async (type) => {
    const app = await startApp();
    const result = await trigger([type, '--to', app.url]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(new RegExp(`^✓ → 200 .* ms  ${type}  \\w+  ${app.url}/\\n$`));
    const [received] = app.received;
    if (received === undefined) throw new Error('nothing came');
    expect(isSigned(received)).toBe(true);
    expect(received.headers['content-type']).toBe('application/json');
    const ours = Object.keys(received.headers).filter((name) => name.startsWith('x-'));
    expect(ours).toEqual(['x-relyable-signature']);
    const sample = JSON.parse(
      readFileSync(new URL(`../../../fixtures/events/${type}.json`, import.meta.url), 'utf8'),
    ) as Record<string, unknown>;
    const { timestamp, ...rest } = JSON.parse(received.body.toString()) as Record<string, unknown>;
    expect({ ...rest, timestamp: sample['timestamp'] }).toEqual(sample);
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('is one JSON object under --json', async () => {
    const app = await startStatusApp();
    const args = ['test_run.failed', '--to', `${app.url}/204`, '--json', '--timestamp', 'sample'];
    const { code, stdout, stderr } = await trigger(args);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const body = app.received[0]?.body.toString() ?? '';
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'trigger',
      v: 1,
      event: 'test_run.failed',
      to: `${app.url}/204`,
      request: { body, signature: createHmac('sha256', SECRET).update(body).digest('hex') },
      attempts: [{ n: 1, offsetMs: 0, status: 204, error: null, responseBody: '' }],
      delivered: false,
      hint: 'your app answered 204: Relyable counts only 200 as delivered and will retry',
    });
    expect(stdout).not.toContain(SECRET);
  });

  it('shows an answer without the secret and the signature in it', async () => {
    const app = await startApp((response, { headers }) => {
      response.statusCode = 500;
      response.end(`${SECRET} ${String(headers['x-relyable-signature'])}`);
    });
    for (const args of [[], ['--json'], ['--count', '2']]) {
      const { stdout, stderr } = await trigger([
        'test_run.failed',
        '--to',
        app.url,
        '--no-probe',
        ...args,
      ]);
      expect(stdout + stderr).not.toContain(SECRET);
      if (args.length < 2) expect(stdout).toContain('[signing secret] [signature of the request]');
    }
  });

  it.each([201, 202, 204, 301, 302, 307, 404, 405, 410, 422, 503])(
    'ends with 1 and says why at %i',
    async (status) => {
      const app = await startStatusApp();
      const { code, stdout, stderr } = await trigger([
        'test_run.failed',
        '--to',
        `${app.url}/${status}`,
      ]);
      expect(code).toBe(1);
      expect(stdout).toContain(`→ ${status} `);
      if (status < 400) expect(stderr).toContain('counts only 200 as delivered and will retry');
      if (status === 404) expect(stderr).toContain('--to');
      expect(app.received).toHaveLength(1);
    },
  );

  it('counts another status as success where told to', async () => {
    const app = await startStatusApp();
    const args = ['test_run.failed', '--to', `${app.url}/202`, '--expect-status', '202'];
    expect(await trigger(args)).toMatchObject({ code: 0 });
  });

  it('ends with 4 and says how to start where nothing listens', async () => {
    const app = await startApp();
    await app.close();
    const { code, stdout, stderr } = await trigger(['test_run.failed', '--to', String(app.port)]);
    expect(code).toBe(4);
    expect(stdout).toContain(`nothing listens on localhost:${app.port}`);
    expect(stderr).toContain(`relyable webhooks listen --port ${app.port}`);
  });

  it('ends with 4 when the app takes too long', async () => {
    const app = await startApp(() => undefined);
    const args = ['test_run.failed', '--to', app.url, '--timeout', '100ms'];
    const { code, stdout } = await trigger(args);
    expect(code).toBe(4);
    expect(stdout).toContain('no complete answer within 0.1 s');
  });

  it('reaches an app on ::1 as localhost', async () => {
    const app = await startApp(undefined, { host: '::1' });
    expect(await trigger(['test_run.failed', '--to', String(app.port)])).toMatchObject({ code: 0 });
  });

  it('shows what an app says with nothing for the terminal to act on', async () => {
    const app = await startApp((response) => {
      response.statusCode = 503;
      response.end(`\u001b]52;c;AAAA\u0007\u001b[2J\u202eevil\n${'x'.repeat(2000)}`);
    });
    const { stdout } = await trigger(['test_run.failed', '--to', app.url]);
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).toContain('evil');
    expect(stdout.length).toBeLessThan(1000);
  });
});

describe('all', () => {
  it('sends the four, one object each', async () => {
    const app = await startApp();
    const { code, stdout } = await trigger(['all', '--to', app.url, '--json']);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(EVENT_TYPES);
    expect(app.received.every((received) => isSigned(received))).toBe(true);
  });

  it('ends with 1 when one of them is not answered 200', async () => {
    const app = await startApp((response, { body }) => {
      response.statusCode = body.includes('score_dropped') ? 503 : 200;
      response.end();
    });
    expect(await trigger(['all', '--to', app.url])).toMatchObject({ code: 1 });
    expect(app.received).toHaveLength(4);
  });
});

describe('the target', () => {
  it('is forwardTo of the project config without --to', async () => {
    const app = await startApp();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.relyablerc.json'), JSON.stringify({ forwardTo: `${app.url}/hook` }));
    expect(await trigger(['test_run.failed'], { cwd })).toMatchObject({ code: 0 });
    expect(app.received[0]?.url).toBe('/hook');
  });

  /** A listener that runs, and the options with which a command finds it. */
  const startListener = async (): Promise<{ listener: TestApp; options: CliOptions }> => {
    const listener = await startApp((response) => {
      response.end(JSON.stringify({ type: 'health', v: 1, service: 'relyable listen' }));
    });
    const home = temporaryFolder();
    const data = join(home, 'data');
    mkdirSync(join(data, 'relyable'), { recursive: true });
    announceListener(join(data, 'relyable'), {
      url: listener.url,
      pid: process.pid,
      startedAt: new Date().toISOString(),
      publicAddress: null,
    });
    return { listener, options: { home, env: { ...ENV, XDG_DATA_HOME: data } } };
  };

  it('is forwardTo, past a running listener, and says so', async () => {
    const { listener, options } = await startListener();
    const app = await startApp();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.relyablerc.json'), JSON.stringify({ forwardTo: `${app.url}/hook` }));
    const { code, stderr } = await trigger(['test_run.failed'], { ...options, cwd });
    expect(stderr).toContain(
      `to ${app.url}/hook as configured, not through the listener at ${listener.url}: --to 127.0.0.1:${listener.port} sends through it`,
    );
    expect(code).toBe(0);
    expect(listener.received.map(({ method }) => method)).toEqual(['GET']);
    const named = await trigger(['test_run.failed', '--to', app.url], { ...options, cwd });
    expect(named.stderr).toBe('');
  });

  it('is a running listener without either', async () => {
    const { listener, options } = await startListener();
    const { code, stderr } = await trigger(['test_run.failed'], options);
    expect(stderr).toContain(`to the running listener at ${listener.url}/`);
    expect(code).toBe(0);
    expect(listener.received.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('missing, ends with 2 and says how', async () => {
    const { code, stderr } = await trigger(['test_run.failed']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/hint: .*--to 3000/);
  });
});

describe('editing', () => {
  const body = async (args: readonly string[], options: CliOptions = {}): Promise<Buffer> => {
    const app = await startApp();
    const result = await trigger([...args, '--to', app.url], options);
    expect(result.code, result.stderr).toBe(0);
    const [received] = app.received;
    if (received === undefined || !isSigned(received)) throw new Error('nothing signed came');
    return received.body;
  };

  it('sets fields', async () => {
    const args = [
      'test_run.completed',
      '--set',
      'data.score=12.5',
      '--set',
      'data.extra.deep[0]=x',
    ];
    const sent = JSON.parse((await body(args)).toString()) as { data: Record<string, unknown> };
    expect(sent.data).toMatchObject({ score: 12.5, extra: { deep: ['x'] } });
  });

  it('warns of a path that is not published, with the nearest', async () => {
    const app = await startApp();
    const args = ['test_run.completed', '--set', 'data.scor=1', '--to', app.url];
    const { stderr } = await trigger(args);
    expect(stderr).toContain('did you mean data.score?');
  });

  it('refuses a value that does not fit, unless told not to check', async () => {
    const args = ['test_run.completed', '--set', 'data.score=high'];
    const { code, stderr } = await trigger([...args, '--to', '1']);
    expect(code).toBe(2);
    expect(stderr).toContain('data.score');
    expect((await body([...args, '--no-validate'])).toString()).toContain('"score":"high"');
  });

  it('makes the same bytes of one seed, time included', async () => {
    const seeded = ['agent.score_dropped', '--seed', '42'];
    const [one, two] = [await body(seeded), await body(seeded)];
    expect(one.equals(two)).toBe(true);
    expect(createHash('sha256').update(one).digest('hex')).toBe(
      '1a7d8e8326699e413e1832ce1eca39d4542e77409900ad54a792ae9e732eed34',
    );
    expect(one.equals(await body(['agent.score_dropped', '--seed', '43']))).toBe(false);
  });

  it.each(['-', 'body.json'])('sends --data %s as it is', async (source) => {
    const bytes = Buffer.from('{ "event": "test_run.failed",\r\n "n": 70.0, "n": 1e2 }\n\n');
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'body.json'), bytes);
    const args = ['--data', source, '--no-validate'];
    expect((await body(args, { cwd, stdin: source === '-' ? bytes : '' })).equals(bytes)).toBe(
      true,
    );
  });

  it('checks --data, too', async () => {
    const stdin = '{"event":"test_run.failed","data":{}}';
    const { code, stderr } = await trigger(['--data', '-', '--to', '1'], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain('does not fit test_run.failed');
    expect(await trigger(['--data', '-', '--to', '1'], { stdin: 'x' })).toMatchObject({ code: 2 });
  });

  it.each(WIRE_FORMATS)('writes the payload as %s', async (wire) => {
    const sent = await body(['agent.score_dropped', '--timestamp', 'sample', '--wire', wire]);
    const compact = await body(['agent.score_dropped', '--timestamp', 'sample']);
    expect(sent.equals(compact)).toBe(wire === 'compact' || wire === 'ascii');
    expect(JSON.parse(sent.toString())).toEqual(JSON.parse(compact.toString()));
    expect(sent.includes('"threshold":70.0')).toBe(wire === 'decimal');
  });
});

describe('usage', () => {
  it.each([
    [['test_run.complete', '--to', '1'], 'did you mean test_run.completed?'],
    [['agent.score', '--to', '1'], 'did you mean agent.score_dropped?'],
    [['all', '--to', '1', '--dupl'], 'did you mean --duplicate?'],
    [['all', '--to', '1', '--verbos'], 'did you mean --verbose?'],
    [['all', '--to', '1', '-H', 'content-length: 5'], 'which is computed from the body'],
    [['x\nerror: y', '--to', '1'], '"x\n  error: y"'],
    [['--to', '1'], 'expected an event'],
    [['all', 'all', '--to', '1'], 'too many arguments'],
    [['all', '--to', '1', '--wire', 'compct'], 'did you mean compact?'],
    [['all', '--to', '1', '--tamper', 'bdy'], 'did you mean body?'],
    [['all', '--to', '1', '--data', 'none.json'], 'none.json'],
    [['all', '--to', ''], '--to'],
    [['all', '--to', '1', '--cacert', 'none.pem'], '--cacert'],
  ])('%j ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await trigger(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('asks on a terminal', async () => {
    const app = await startApp();
    const cli = startPtyCli(['webhooks', 'trigger', '--to', app.url], { env: ENV });
    await cli.waitFor('Which event?');
    cli.type('9\r');
    await cli.waitFor('Which event?');
    cli.type('2\r');
    expect(await cli.exitCode).toBe(0);
    expect(app.received[0]?.body.toString()).toContain('"test_run.failed"');
  });
});

describe('--tamper', () => {
  it.each(TAMPERS)('%s is refused by a correct handler', async (tamper) => {
    const handler = await startHandler('node-http');
    const env = { RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET };
    const args = ['test_run.failed', '--to', handler.url];
    expect(await trigger([...args, '--tamper', tamper], { env })).toMatchObject({ code: 0 });
    expect(await trigger(args, { env })).toMatchObject({ code: 0 });
  });

  it('ends with 1 where the handler does not look', async () => {
    const handler = await startHandler('no-verification');
    const { code, stderr } = await trigger(['all', '--to', handler.url, '--tamper', 'body']);
    expect(code).toBe(1);
    expect(stderr).toContain('accepted a tampered request');
  });
});

describe("the vendor's Express handler", () => {
  const env = { RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET };

  it('accepts all four in the default wire format and refuses a changed body', async () => {
    const handler = await startHandler('vendor-express');
    expect(await trigger(['all', '--to', handler.url], { env })).toMatchObject({ code: 0 });
    const args = ['all', '--to', handler.url, '--tamper', 'body'];
    expect(await trigger(args, { env })).toMatchObject({ code: 0 });
  });

  it('is told that it re-serialises the body', async () => {
    const handler = await startHandler('vendor-express');
    const args = ['agent.score_dropped', '--wire', 'decimal', '--to', handler.url];
    const { code, stdout } = await trigger(args, { env });
    expect(code).toBe(1);
    expect(stdout).toContain(
      'your handler answered 401 to the `decimal` wire format but 200 to the `compact` wire format: it re-serialises the body',
    );
    const quiet = await trigger([...args, '--no-probe'], { env });
    expect(quiet).toMatchObject({ code: 1 });
    expect(quiet.stdout).not.toContain('cause:');
  });
});

describe.skipIf(!hasFlask)('a corrected Flask handler (skipped: no flask)', () => {
  it.each(WIRE_FORMATS)('accepts %s', async (wire) => {
    const handler = await startHandler('flask');
    const env = { RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET };
    const args = ['all', '--to', handler.url, '--wire', wire];
    expect(await trigger(args, { env })).toMatchObject({ code: 0 });
  });
});

describe('finding out why', () => {
  const explain = async (
    answer: (received: Received) => number,
    env: Readonly<Record<string, string>> = ENV,
  ): Promise<{ cause: string; sent: number }> => {
    const app = await startApp((response, received) => {
      response.statusCode = answer(received);
      response.end();
    });
    const result = await trigger(['test_run.failed', '--to', app.url, '--json'], { env });
    expect(result.code).toBe(1);
    const { diagnosis } = JSON.parse(result.stdout) as { diagnosis: { cause: string } };
    return { cause: diagnosis.cause, sent: app.received.length };
  };

  it('takes the cause that the error message shows, and sends nothing more', async () => {
    const message = "AttributeError: 'bytes' object has no attribute 'encode'";
    const app = await startApp((response) => response.writeHead(500).end(message));
    const result = await trigger(['test_run.failed', '--to', app.url, '--json'], { env: ENV });
    const cause = expect.stringContaining('.encode() on bytes') as string;
    expect(JSON.parse(result.stdout)).toMatchObject({ diagnosis: { probes: [], cause } });
    expect(app.received).toHaveLength(1);
  });

  it.each([
    [
      'another secret',
      (r: Received) => (isSigned(r, 'unknown') ? 200 : 401),
      'rejected every variant',
    ],
    [
      'a newline',
      (r: Received) => (isSigned(r, `${SECRET}\n`) ? 200 : 403),
      'a newline at its end',
    ],
    ['quotes', (r: Received) => (isSigned(r, `"${SECRET}"`) ? 200 : 401), 'quotes around it'],
    [
      'a missing route',
      (r: Received) => (isSigned(r, `${SECRET}\n`) ? 404 : 401),
      'but 404 to a secret',
    ],
    [
      'a prefix',
      (r: Received) =>
        String(r.headers['x-relyable-signature']).startsWith('sha256=') ? 200 : 400,
      'expects the signature with `sha256=`',
    ],
    ['a bug behind', (r: Received) => (isSigned(r) ? 500 : 401), 'what comes after it fails'],
    [
      'a bug within',
      (r: Received) => (r.headers['x-relyable-signature'] === undefined ? 401 : 500),
      'fails while it compares',
    ],
    ['a bug everywhere', () => 500, 'before or while it verifies'],
  ])('names %s', async (_, answer, words) => {
    const { cause, sent } = await explain(answer);
    expect(cause).toContain(words);
    expect(sent).toBeLessThanOrEqual(18);
  });

  it('does not take a handler that fails on a prefix for one that expects it', async () => {
    const { cause } = await explain(({ headers }) =>
      String(headers['x-relyable-signature']).length === 64 ? 401 : 500,
    );
    expect(cause).toContain('your app rejected every variant');
  });

  it.each([`${SECRET}\n`, `"${SECRET}"`])(
    'knows that its own secret is not clean: %j',
    async (own) => {
      const env = { RELYABLE_WEBHOOK_SECRET: own };
      const { cause } = await explain((received) => (isSigned(received) ? 200 : 401), env);
      expect(cause).toContain('the secret from RELYABLE_WEBHOOK_SECRET has white space or quotes');
    },
  );

  it('knows its own secret with a newline from another one that is the same without', async () => {
    const home = temporaryFolder();
    const { stdout: secret } = await spawnCli(['webhooks', 'listen', '--print-secret'], { home });
    const app = await startApp((response, received) => {
      response.statusCode = isSigned(received, secret.trim()) ? 200 : 401;
      response.end();
    });
    const env = { RELYABLE_WEBHOOK_SECRET: secret };
    const { stdout } = await trigger(['test_run.failed', '--to', app.url], { home, env });
    expect(stdout).toContain('remove them where RELYABLE_WEBHOOK_SECRET is set');
  });

  it('knows the development secret', async () => {
    const home = temporaryFolder();
    const { stdout } = await spawnCli(['webhooks', 'listen', '--print-secret'], { home });
    const app = await startApp((response, received) => {
      response.statusCode = isSigned(received, stdout.trim()) ? 200 : 401;
      response.end();
    });
    const result = await trigger(['test_run.failed', '--to', app.url], { home });
    expect(result.stdout).toContain('a signature made with the development secret');
    expect(`${result.stdout}${result.stderr}`).not.toContain(stdout.trim());
  });

  it('happens once for all four', async () => {
    const app = await startApp((response) => {
      response.statusCode = 401;
      response.end();
    });
    const { stdout } = await trigger(['all', '--to', app.url]);
    expect(stdout.match(/cause:/g)).toHaveLength(1);
  });
});
