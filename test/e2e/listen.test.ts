import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { type Answer, startApp } from '../support/app.ts';
import { fillStore, makeCapture, readStore } from '../support/captures.ts';
import {
  type CliOptions,
  type RunningCli,
  spawnCli,
  startCli,
  temporaryFolder,
  temporaryHome,
} from '../support/cli.ts';
import { runProgram } from '../support/program.ts';
import { hasPython, hasStack } from '../support/stacks.ts';

const SECRET = 'whsec_test_listen';

interface TestListener extends RunningCli {
  readonly url: string;
  readonly port: number;
  readonly store: string;
  /** The next line of that type. */
  next(type: string): Promise<Record<string, any>>;
  /** Ctrl-C; resolves with the exit code and the summary. */
  stop(): Promise<{ code: number | null; summary: Record<string, any> }>;
}

async function listen(
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<TestListener> {
  const home = options.home ?? temporaryFolder();
  const store = join(home, 'captures.db');
  const cli = startCli(['webhooks', 'listen', '--port', '0', '--json', '--store', store, ...args], {
    ...options,
    home,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET, ...options.env },
  });
  const next = async (type: string): Promise<Record<string, any>> =>
    JSON.parse(await cli.nextLine((line) => line.includes(`"type":"${type}"`))) as Record<
      string,
      any
    >;
  const ready = await next('ready');
  return {
    ...cli,
    url: String(ready['url']),
    port: Number(ready['port']),
    store,
    next,
    stop: async () => {
      cli.child.kill('SIGINT');
      const { code, stdout } = await cli.done;
      return { code, summary: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') };
    },
  };
}

const PAYLOAD =
  '{"event":"test_run.failed","timestamp":"2025-01-16T15:40:00Z","data":{"test_run_id":"run_1"}}';

/** POSTs a body signed with `SECRET`, or with the headers given. */
function post(
  url: string,
  body: string | Buffer = PAYLOAD,
  headers?: Record<string, string>,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: Buffer.from(body),
    redirect: 'manual',
    headers: headers ?? { 'X-Relyable-Signature': signPayload(Buffer.from(body), SECRET) },
  });
}

/** Writes bytes to a port and resolves with all that comes back until the other side closes. */
function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(answer);
      else reject(error);
    });
  });
}

function rawPost(body: Buffer, headers: readonly string[] = []): Buffer {
  const head = [
    'POST /hook?a=1&a=%20 HTTP/1.1',
    'host: example.test',
    ...headers,
    `x-relyable-SIGNATURE: ${signPayload(body, SECRET)}`,
    `content-LENGTH: ${body.length}`,
    'Connection: close, X-Drop',
    'X-Drop: hop',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

describe('forwarding', () => {
  it('passes body bytes and headers on as they came, and the answer back untouched', async () => {
    const answer: Answer = (response) => {
      response.sendDate = false;
      response.writeHead(200, 'Fine', [
        'Set-Cookie',
        'a=1',
        'X-Case',
        'é',
        'set-cookie',
        'b=2',
        'Content-Length',
        '3',
      ]);
      response.end(Buffer.from([0, 255, 13]));
    };
    const app = await startApp(answer);
    const listener = await listen(['--forward-to', app.url]);
    const body = Buffer.concat([
      Buffer.from('{"event":"x","note":"70.0'),
      Buffer.from([0xff, 0, 10]),
      Buffer.from('"}'),
    ]);
    const got = await sendRaw(
      listener.port,
      rawPost(body, ['X-Twice: 1', 'x-twice: 2', 'X-Latin: \u00e9']),
    );
    expect(got).toMatch(
      /^HTTP\/1\.1 200 Fine\r\nSet-Cookie: a=1\r\nX-Case: é\r\nset-cookie: b=2\r\nContent-Length: 3\r\n/,
    );
    expect(got.endsWith('\r\n\r\n\0\u00ff\r')).toBe(true);
    const [seen] = app.received;
    expect(seen?.body.equals(body)).toBe(true);
    expect(seen?.url).toBe('/hook?a=1&a=%20');
    const pairs = (seen?.rawHeaders ?? []).flatMap((name, i, all) =>
      i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : [],
    );
    expect(pairs.filter((pair) => !/^connection:/i.test(pair))).toEqual([
      `host: ${new URL(app.url).host}`,
      'X-Twice: 1',
      'x-twice: 2',
      'X-Latin: \u00e9',
      `x-relyable-SIGNATURE: ${signPayload(body, SECRET)}`,
      `content-LENGTH: ${body.length}`,
      'X-Forwarded-Host: example.test',
    ]);
    const delivery = await listener.next('delivery');
    expect(delivery).toMatchObject({
      v: 1,
      event: null,
      duplicateOf: null,
      signature: { valid: true, reason: 'ok', hint: null },
      forward: { url: `${app.url}/hook?a=1&a=%20`, status: 200, error: null },
      answered: { status: 200 },
    });
    const { code, summary } = await listener.stop();
    expect(code).toBe(0);
    expect(summary).toMatchObject({
      type: 'summary',
      v: 1,
      received: 1,
      valid: 1,
      invalid: 0,
      forwarded: 1,
      failed: 0,
    });
    expect(readStore(listener.store)).toMatchObject([
      {
        id: delivery['id'],
        method: 'POST',
        path: '/hook?a=1&a=%20',
        httpVersion: '1.1',
        answered: 200,
        forwards: [{ status: 200 }],
      },
    ]);
    expect(readStore(listener.store)[0]?.body.equals(body)).toBe(true);
  });

  it('adds headers that were asked for, and only those', async () => {
    const app = await startApp();
    const listener = await listen([
      '--forward-to',
      app.url,
      '-H',
      'X-Env: dev',
      '-H',
      'Host: app.test',
    ]);
    await post(listener.url);
    expect(app.received[0]?.headers).toMatchObject({ 'x-env': 'dev', host: 'app.test' });
  });

  it('finds an app on either loopback address', async () => {
    const app = await startApp(undefined, { host: '::1' });
    const listener = await listen(['--forward-to', String(app.port)]);
    expect((await post(listener.url)).status).toBe(200);
    expect(app.received).toHaveLength(1);
  });

  it('streams a large answer through, bytes unchanged', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'abcdefghijklm');
    const app = await startApp((response) => {
      let sent = 0;
      const more = (): void => {
        while (sent < 100) {
          sent += 1;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const listener = await listen(['--forward-to', app.url]);
    const response = await post(listener.url);
    let size = 0;
    for await (const part of response.body ?? []) size += (part as Uint8Array).length;
    expect(size).toBe(100 * chunk.length);
    expect(await listener.next('delivery')).toMatchObject({
      forward: { status: 200 },
      answered: { status: 200 },
    });
    const status = readFileSync(`/proc/${listener.child.pid}/status`, 'utf8');
    expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(220 * 1024);
  });
});

describe('signatures', () => {
  it('refuses what is not signed or wrongly signed, and keeps it', async () => {
    const app = await startApp();
    const listener = await listen(['--forward-to', app.url]);
    const missing = await post(listener.url, PAYLOAD, {});
    expect(missing.status).toBe(401);
    expect(await missing.json()).toMatchObject({ error: 'signature_missing' });
    expect(await listener.next('delivery')).toMatchObject({
      signature: { valid: false, reason: 'signature_missing' },
      forward: null,
      answered: { status: 401 },
    });
    expect((await post(listener.url, PAYLOAD, { 'X-Relyable-Signature': '' })).status).toBe(401);
    const wrong = signPayload(Buffer.from(PAYLOAD), 'another');
    expect((await post(listener.url, PAYLOAD, { 'X-Relyable-Signature': wrong })).status).toBe(401);
    await listener.stop();
    expect(app.received).toHaveLength(0);
    expect(readStore(listener.store).map(({ verification }) => verification.reason)).toEqual([
      'signature_missing',
      'signature_empty',
      'secret_wrong_or_body_changed',
    ]);
  });
});

it('answers 502 where the app does not answer within --timeout', async () => {
  const app = await startApp(() => undefined);
  const listener = await listen(['--forward-to', app.url, '--timeout', '200ms']);
  const response = await post(listener.url);
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ message: 'no complete answer within 0.2 s' });
});

it('neutralises what would repaint a terminal, wherever it came from', async () => {
  const evil = '\u001b[31m\u001b]52;c;aGk=\u0007\u202e\u009b2J\r';
  const app = await startApp((response) => response.writeHead(500).end(`boom ${evil}`));
  const home = temporaryHome();
  const cli = startCli(['webhooks', 'listen', '--port', '0', '--forward-to', `${app.url}/x`], {
    home,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET },
  });
  const banner = await cli.nextErrorLine((line) => line.includes('Listening on'));
  const url = /http:\S+/.exec(banner)?.[0] ?? '';
  const body = JSON.stringify({ event: `test_run.failed${evil}`, data: { test_run_id: evil } });
  await post(url, body);
  await post(url, body, { 'X-Relyable-Signature': evil.replace(/[^ -~]/g, '') });
  await cli.nextLine((line) => line.includes('✗ signature'));
  cli.child.kill('SIGINT');
  const { stdout, stderr } = await cli.done;
  expect(stdout).toContain('\\u{1b}');
  expect(stdout + stderr).not.toMatch(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
  );
});

/** The shell's limit on file sizes (in 1 KB blocks) stands in for a full disk. */
async function listenOnFullDisk(): Promise<{ cli: RunningCli; url: string; store: string }> {
  const home = temporaryHome();
  const store = join(home, 'captures.db');
  const cli = startCli(['webhooks', 'listen', '--port', '0', '--json', '--store', store], {
    home,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    shellPrefix: 'ulimit -f 300; trap "" XFSZ;',
  });
  const ready = await cli.nextLine((line) => line.includes('"ready"'));
  return { cli, url: (JSON.parse(ready) as { url: string }).url, store };
}

describe('the store', () => {
  const isRoot = process.getuid?.() === 0;

  it.skipIf(isRoot || process.platform === 'win32')(
    'a folder that cannot be written: exit 2, nothing begun',
    async () => {
      const folder = join(temporaryFolder(), 'locked');
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      const result = await spawnCli([
        'webhooks',
        'listen',
        '--port',
        '0',
        '--store',
        join(folder, 'c.db'),
      ]);
      expect(result.code).toBe(2);
      expect(result.stderr).toMatch(/^error: the store .* cannot be used/m);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'a store that is removed while it runs is created again, and holds what was answered 200',
    async () => {
      const { url, store, stop } = await listen();
      expect((await post(url, '{"n":1}')).status).toBe(200);
      for (const rest of ['', '-wal', '-shm', '-segments']) {
        rmSync(`${store}${rest}`, { force: true, recursive: true });
      }
      expect((await post(url, '{"n":2}')).status).toBe(200);
      expect((await post(url, '{"n":3}')).status).toBe(200);
      expect((await stop()).code).toBe(0);
      expect(readStore(store).map(({ body }) => body.toString())).toEqual(['{"n":2}', '{"n":3}']);
    },
  );

  it.skipIf(isRoot || process.platform === 'win32')(
    'is read where nothing can be written',
    async () => {
      const folder = temporaryFolder();
      const file = join(folder, 'c.db');
      fillStore(file, [makeCapture(1)]);
      chmodSync(file, 0o400);
      chmodSync(folder, 0o500);
      const { code, stdout } = await spawnCli(['webhooks', 'captures', 'list', '--store', file]);
      chmodSync(folder, 0o700);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('cap_') });
    },
  );

  it('a folder or an empty file in its place: exit 2, and says what it is', async () => {
    const folder = temporaryFolder();
    const list = ['webhooks', 'captures', 'list', '--store'];
    expect(await spawnCli([...list, folder])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is a folder'),
    });
    writeFileSync(join(folder, 'empty.db'), '');
    expect(await spawnCli([...list, join(folder, 'empty.db')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no store at'),
    });
  });

  it('a damaged file: exit 2, and it is left as it is', async () => {
    const file = join(temporaryFolder(), 'c.db');
    writeFileSync(file, 'not a store'.repeat(1000));
    const result = await spawnCli(['webhooks', 'listen', '--port', '0', '--store', file, '--json']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'error',
      v: 1,
      code: 'STORE_UNUSABLE',
      exitCode: 2,
    });
    expect(readFileSync(file, 'utf8')).toBe('not a store'.repeat(1000));
  });

  it.skipIf(!hasStack('bash'))(
    'no room left: 503 so that Relyable retries, and it lives on',
    async () => {
      const { cli, url, store } = await listenOnFullDisk();
      const statuses: number[] = [];
      for (let n = 0; n < 12; n++) {
        statuses.push((await post(url, `{"n":${n},"pad":"${'x'.repeat(60_000)}"}`)).status);
      }
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      expect((await fetch(url)).status).toBe(200);
      cli.child.kill('SIGINT');
      expect((await cli.done).code).toBe(0);
      const kept = readStore(store);
      expect(kept).toHaveLength(statuses.filter((status) => status === 200).length);
    },
  );

  it.skipIf(!hasStack('bash'))(
    'no room left for large bodies: nothing half written stays',
    async () => {
      const { cli, url, store } = await listenOnFullDisk();
      const send = async (n: number, size: number): Promise<number> =>
        (await post(url, JSON.stringify({ n, pad: 'x'.repeat(size) }))).status;
      // Two of them are more than a file may hold.
      const statuses = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n, 160_000)));
      expect(statuses).toContain(503);
      expect(await send(20, 10)).toBe(200);
      expect(existsSync(`${store}-batches`) ? readdirSync(`${store}-batches`) : []).toEqual([]);
      cli.child.kill('SIGINT');
      expect((await cli.done).code).toBe(0);
      const kept = readStore(store);
      expect(kept).toHaveLength(statuses.filter((status) => status === 200).length + 1);
    },
  );

  it('a store of tens of thousands of captures takes in the next one', async () => {
    const home = temporaryHome();
    const one = makeCapture(1);
    const many = Array.from({ length: 30_000 }, (_, n) => ({
      ...one,
      id: `cap_${String(n).padStart(16, '0')}`,
      eventId: `evt_${n}`,
    }));
    fillStore(join(home, 'captures.db'), many);
    const listener = await listen([], { home });
    expect((await post(listener.url, '{"id":"evt_29999"}')).status).toBe(200);
    expect(await listener.next('delivery')).toMatchObject({ duplicateOf: many.at(-1)?.id });
    expect((await listener.stop()).code).toBe(0);
  });
});

describe('starting and stopping', () => {
  it('a port in use: exit 4', async () => {
    const app = await startApp();
    const result = await spawnCli(['webhooks', 'listen', '--port', String(app.port), '--json'], {
      env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    });
    expect(result.code).toBe(4);
    expect(result.stdout).toBe('');
    expect(JSON.parse(result.stderr)).toEqual({
      type: 'error',
      v: 1,
      code: 'PORT_IN_USE',
      message: `port ${app.port} on 127.0.0.1 is in use`,
      hint: 'stop what listens there, or choose another with --port (0 takes any free one)',
      exitCode: 4,
    });
  });

  it('answers and stores others while 200 senders hang in the middle of a request', async () => {
    const listener = await listen();
    const half = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"event":';
    const hanging = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(listener.port, '127.0.0.1');
        await new Promise((resolve) => socket.write(half, resolve));
        return socket;
      }),
    );
    for (let n = 0; n < 20; n++) expect((await post(listener.url)).status).toBe(200);
    for (const socket of hanging) socket.destroy();
    const { code, summary } = await listener.stop();
    expect({ code, received: summary['received'] }).toEqual({ code: 0, received: 20 });
    expect(readStore(listener.store)).toHaveLength(20);
  });

  it('drains what is under way: the answer still goes out after Ctrl-C', async () => {
    let answerApp = (): void => undefined;
    const app = await startApp((response) => {
      answerApp = () => response.end('late');
    });
    const listener = await listen(['--forward-to', app.url]);
    const response = post(listener.url);
    await app.waitFor(1);
    listener.child.kill('SIGTERM');
    await expect
      .poll(
        () => fetch(listener.url, { method: 'POST', body: '{}' }).then(({ status }) => status),
        { timeout: 30_000 },
      )
      .toBe(503);
    answerApp();
    expect((await response).status).toBe(200);
    expect((await listener.done).code).toBe(0);
  });

  it('--print-secret prints the secret alone; the development secret is made once, private', async () => {
    const home = temporaryHome();
    const [one, two] = await Promise.all([
      spawnCli(['webhooks', 'listen', '--print-secret'], { home }),
      spawnCli(['webhooks', 'listen', '--print-secret'], { home }),
    ]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toMatch(/^whsec_dev_[0-9a-f]{48}\n$/);
    expect(two.stdout).toBe(one.stdout);
    if (process.platform === 'linux') {
      expect(statSync(join(home, '.local/share/relyable/dev-secret')).mode & 0o777).toBe(0o600);
    }
    const file = join(home, 'secret.txt');
    writeFileSync(file, 'from a file\r\n');
    const fromFile = await spawnCli(
      ['webhooks', 'listen', '--print-secret', '--secret-file', file],
      {
        home,
      },
    );
    expect(fromFile.stdout).toBe('from a file\n');
  });

  it('an empty secret is an error, not the development secret', async () => {
    const result = await spawnCli(['webhooks', 'listen', '--port', '0'], {
      env: { RELYABLE_WEBHOOK_SECRET: '' },
    });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(
      'error: RELYABLE_WEBHOOK_SECRET: expected a signing secret, got an empty value',
    );
  });

  it.each([
    [['--port', '70000'], '--port: expected a whole number from 0 to 65535, got "70000"'],
    [['--invalid', 'drop'], '--invalid: expected reject or forward, got "drop"'],
    [
      ['--timeout', 'soon'],
      '--timeout: expected a duration such as 500ms, 30s, 5m, 1h or 7d, got "soon"',
    ],
    [['--max-body', '-1'], '--max-body: expected a size such as 512, 64kb or 10mb, got "-1"'],
    [
      ['--forward-to', 'ftp://x'],
      '--forward-to: expected a URL or port such as 3000, localhost:3000/hook or https://host/hook, got "ftp://x"',
    ],
    [['-H', 'no colon'], '--header: expected a header such as "X-Name: value", got "no colon"'],
    [['--events', 'test_run.complete'], '--events: unknown event type "test_run.complete"'],
    [['--forwardto', '3000'], "unknown option '--forwardto'"],
  ])('%j: exit 2 and says what was expected', async (args, message) => {
    const result = await spawnCli(['webhooks', 'listen', '--port', '0', ...args], {
      env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`error: ${message}\n`);
  });

  it('a reader of stdout that leaves ends it quietly', async () => {
    const listener = await listen();
    listener.child.stdout.destroy();
    await post(listener.url);
    const { code, stderr } = await listener.done;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|at /);
  });

  it('a reader of stdout that stands still holds up nothing, and hears how much it missed', async () => {
    const listener = await listen();
    listener.child.stdout.pause();
    // Their lines are more than what is kept for such a reader.
    const count = 22_000;
    const many = ['--count', String(count), '--concurrency', '64', '--to', listener.url];
    const sent = await spawnCli(['webhooks', 'trigger', 'test_run.failed', ...many], {
      env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    });
    expect(sent.code).toBe(0);
    await listener.nextErrorLine((line) => line.includes('nothing is printed until it reads'));
    listener.child.kill('SIGINT');
    const told = await listener.nextErrorLine((line) => line.includes('lines not printed'));
    listener.child.stdout.resume();
    const { code, stdout } = await listener.done;
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n').slice(1);
    expect(JSON.parse(lines.pop() ?? '')).toMatchObject({ type: 'summary', received: count });
    const omitted = Number(/^warning: ([\d,]+) lines/.exec(told)?.[1]?.replace(',', ''));
    expect(omitted).toBeGreaterThan(1000);
    expect(lines.length + omitted).toBe(count);
    expect(readStore(listener.store)).toHaveLength(count);
  });

  it.each(['', ' '])('--host %j is refused before anything listens', async (host) => {
    const { code, stderr } = await spawnCli(['webhooks', 'listen', '--port', '0', '--host', host]);
    expect(code).toBe(2);
    expect(stderr).toContain('--host: expected an address such as 127.0.0.1');
  });

  it('does not forward to itself', async () => {
    const args = ['webhooks', 'listen', '--port', '4400', '--forward-to', 'localhost:4400/hook'];
    const { code, stderr } = await spawnCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'error: --forward-to: expected your app, got the port of this listener, 4400',
    );
  });

  it('ends with the error where its ready file cannot be written', async () => {
    const folder = join(temporaryFolder(), 'a-file');
    writeFileSync(folder, '');
    const file = join(folder, 'ready');
    const args = ['webhooks', 'listen', '--port', '0', '--ready-file', file];
    const { code, stderr } = await spawnCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: --ready-file ${file}`);
  });

  it('--ready-file names the URL while it listens', async () => {
    const file = join(temporaryFolder(), 'ready');
    const listener = await listen(['--ready-file', file]);
    await expect
      .poll(() => readFileSync(file, 'utf8'), { timeout: 30_000 })
      .toBe(`${listener.url}\n`);
    await listener.stop();
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
  });
});

describe('what others wrote sends to it, and their bytes arrive unchanged', () => {
  const body = Buffer.from(
    '{"event":"test_run.completed",  "data":{"score":70.0,"n":"\\u00e9é"}}\n',
  );
  const signature = signPayload(body, SECRET);

  it.skipIf(!hasStack('curl'))('curl', async () => {
    const app = await startApp();
    const listener = await listen(['--forward-to', app.url]);
    const file = join(temporaryFolder(), 'body.json');
    writeFileSync(file, body);
    const curl = await runProgram('curl', [
      '-s',
      '-w',
      '%{http_code}',
      '--data-binary',
      `@${file}`,
      '-H',
      `X-Relyable-Signature: ${signature}`,
      '-H',
      'Expect: 100-continue',
      listener.url,
    ]);
    expect(curl).toEqual({ code: 0, stdout: 'OK200', stderr: '' });
    expect(app.received[0]?.body.equals(body)).toBe(true);
    expect(app.received[0]?.headers['user-agent']).toMatch(/^curl\//);
  });

  it.skipIf(!hasPython)('Python’s http.client', async () => {
    const app = await startApp();
    const listener = await listen(['--forward-to', app.url]);
    const program = `
import http.client, sys
body = sys.stdin.buffer.read()
c = http.client.HTTPConnection('127.0.0.1', ${listener.port})
for _ in range(3):
    c.request('POST', '/hook', body, {'X-Relyable-Signature': '${signature}'})
    r = c.getresponse(); r.read(); print(r.status)
`;
    const python = await runProgram('python3', ['-c', program], body);
    expect(python.stdout.trim().split(/\s+/)).toEqual(['200', '200', '200']);
    expect(app.received.every((seen) => seen.body.equals(body))).toBe(true);
  });

  it.skipIf(!hasStack('sh', ['-c', 'command -v wrk']))('wrk', async () => {
    const app = await startApp();
    const listener = await listen(['--forward-to', app.url]);
    const script = join(temporaryFolder(), 'post.lua');
    writeFileSync(
      script,
      `wrk.method = "POST"\nwrk.body = ${JSON.stringify(PAYLOAD)}\nwrk.headers["X-Relyable-Signature"] = "${signPayload(Buffer.from(PAYLOAD), SECRET)}"\n`,
    );
    const wrk = await runProgram('wrk', ['-t1', '-c16', '-d1s', '-s', script, listener.url]);
    expect(wrk.code).toBe(0);
    expect(wrk.stdout).not.toContain('Non-2xx');
    const { summary } = await listener.stop();
    expect(summary['received']).toBeGreaterThan(0);
    expect(summary).toMatchObject({ invalid: 0 });
    expect(app.received.every((seen) => seen.body.toString() === PAYLOAD)).toBe(true);
  });
});
