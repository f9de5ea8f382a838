import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../../src/signature/sign.ts';
import { startApp } from '../../support/app.ts';
import { fillStore, FORWARD, makeCapture, readStore, SECRET } from '../../support/captures.ts';
import { type CliOptions, type CliResult, temporaryFolder } from '../../support/cli.ts';
import { bodyOf, startDeliveryApi, wireDelivery } from '../../support/delivery-api.ts';
import { openDatabase } from '../../../src/store/schema.ts';
import { startPtyCli } from '../../support/pty.ts';
import { runCli } from '../../support/run-cli.ts';

const failed = makeCapture(2, {
  body: Buffer.from('{"event":"test_run.failed","data":{"test_run_id":"run_1","score":70.0}}'),
  forwards: [
    {
      kind: 'forward',
      at: Date.UTC(2026, 0, 2),
      url: 'http://localhost:3000/hook',
      status: 500,
      durationMs: 12,
      error: null,
      responseHeaders: [['X', 'y']],
      responseBody: Buffer.from('boom \u001b[31m'),
      edited: false,
    },
  ],
});
const unsigned = makeCapture(3, {
  headers: [['Host', 'x']],
  verification: { valid: false, reason: 'signature_missing' },
  answered: 401,
});
const all = [makeCapture(1), failed, unsigned];

function storeOf(captures = all): string {
  const file = join(temporaryFolder(), 'captures.db');
  fillStore(file, captures);
  return file;
}

function captures(
  store: string,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return runCli(['webhooks', 'captures', ...args], {
    ...options,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET, RELYABLE_STORE: store, TZ: 'UTC', ...options.env },
  });
}

const jsonLines = ({ stdout }: CliResult): any[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('captures list', () => {
  it.each([60, 80])('fits %i columns, with the whole id', async (columns) => {
    const now = makeCapture(4, { receivedAt: Date.now() });
    const env = { COLUMNS: String(columns) };
    const { stdout } = await captures(storeOf([...all, now]), ['list'], { env });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    for (const { id } of [...all, now]) expect(stdout).toContain(id);
  });

  it('shows the newest first', async () => {
    const result = await captures(storeOf(), ['list']);
    // The year is shown where it is not the present one.
    const lines = result.stdout.split('\n').map((line) => line.replace(/^2026-/, ''));
    expect(lines).toEqual([
      `01-02 03:04:08  answered 401   ✗ signature  ${'test_run.completed'.padEnd(44)}  ${unsigned.id}  no signature (signature_missing)`,
      `01-02 03:04:07  → 500   12 ms  ✓ signature  ${'test_run.failed'.padEnd(26)}  ${'run_1'.padEnd(16)}  ${failed.id}`,
      `01-02 03:04:06  answered 200   ✓ signature  ${'test_run.completed'.padEnd(44)}  ${makeCapture(1).id}`,
      '',
    ]);
    expect(result.code).toBe(0);
  });

  it.each([
    [['--event', 'test_run.failed'], [failed.id]],
    [['--event', 'test_run.f*'], [failed.id]],
    [['--event', 'test_case.*'], []],
    [['--invalid'], [unsigned.id]],
    [['--failed'], [failed.id]],
    [
      ['--since', '2026-01-02T03:04:07Z'],
      [unsigned.id, failed.id],
    ],
    [['--limit', '1'], [unsigned.id]],
    [['--since', '2027-01-01'], []],
  ])('filters by %s', async (args, ids) => {
    const result = await captures(storeOf(), ['list', '--json', ...args]);
    expect(jsonLines(result).map(({ id }) => id)).toEqual(ids);
  });

  it('prints lines that verify reads', async () => {
    const store = storeOf();
    const { stdout } = await captures(store, ['list', '--json']);
    expect(jsonLines({ stdout, stderr: '', code: 0 })[1]).toMatchObject({
      type: 'capture',
      v: 1,
      event: 'test_run.failed',
      forwards: [{ status: 500, durationMs: 12, error: null }],
    });
    const result = await runCli(['webhooks', 'verify', '-'], {
      stdin: stdout,
      env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    });
    expect(result.stdout).toContain('3 requests: 2 valid, 1 invalid');
  });
});

describe('a capture whose body changed in the store', () => {
  function damagedStore(): string {
    const file = storeOf();
    const database = openDatabase(file, 'write');
    database
      .prepare("UPDATE captures SET body = CAST('other' AS BLOB) WHERE id = ?")
      .run(failed.id);
    database.close();
    return file;
  }

  it('is named and left out, and the exit code is 1', async () => {
    const file = damagedStore();
    for (const args of [['list'], ['export', '--all'], ['show', failed.id]]) {
      const { code, stdout, stderr } = await captures(file, args);
      expect(code).toBe(1);
      expect(stderr).toContain(`the body of ${failed.id} is not as it was received`);
      expect(stdout).not.toContain(failed.id);
    }
    const { stdout } = await captures(file, ['export', '--all']);
    expect(stdout.trim().split('\n')).toHaveLength(all.length - 1);
  });

  it('is exported with --damaged, as it is, with a warning', async () => {
    const { code, stdout, stderr } = await captures(damagedStore(), [
      'export',
      '--all',
      '--damaged',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`warning: not as they were received: ${failed.id}\n`);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string });
    expect(lines.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });
});

it('captures list with an argument says what is unexpected', async () => {
  const { code, stderr } = await captures(storeOf(), ['list', 'foo']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'error: unexpected argument "foo"\nhint: see relyable webhooks captures list --help\n',
  });
});

it('captures with the name of another group suggests that', async () => {
  const result = await captures(storeOf(), ['logs', 'nope']);
  expect(result.stderr).toBe(
    'error: unknown command "logs"\nhint: did you mean relyable webhooks logs?\n',
  );
});

it('captures with an unknown command suggests the nearest', async () => {
  const result = await captures(storeOf(), ['lst']);
  expect(result.stderr).toBe(
    'error: unknown command "lst"\nhint: did you mean relyable webhooks captures list?\n',
  );
  expect(result.code).toBe(2);
});

describe('captures show', () => {
  it('shows request, verdict and forwards, with nothing that a terminal would act on', async () => {
    const { stdout } = await captures(storeOf(), ['show', failed.id]);
    expect(stdout).toContain('POST /webhooks/relyable?x=1 HTTP/1.1\nHost: localhost:4400\n');
    expect(stdout).toContain('signature  ✓ ok');
    expect(stdout).toContain('http://localhost:3000/hook  → 500 12 ms\n  │ boom \\u{1b}[31m');
  });

  it('--raw writes the request and nothing else', async () => {
    const { stdout } = await captures(storeOf(), ['show', 'last', '--raw']);
    expect(stdout).toBe(
      `POST /webhooks/relyable?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${unsigned.body.length}\r\n\r\n${unsigned.body.toString()}`,
    );
  });

  it('ends with 2 for one that does not exist', async () => {
    const result = await captures(storeOf(), ['show', 'cap_0']);
    expect(result.stderr).toContain('no capture cap_0 in the store');
    expect(result.code).toBe(2);
  });
});

describe('captures replay', () => {
  it('shows and stores an answer without the secret in it', async () => {
    const app = await startApp((response) => {
      response.statusCode = 500;
      response.end(`the secret is ${SECRET}`);
    });
    const store = storeOf();
    const result = await captures(store, ['replay', failed.id, '--to', app.url]);
    expect(result.stdout).toContain('the secret is [signing secret]');
    expect(result.stdout + result.stderr).not.toContain(SECRET);
    expect(readStore(store)[1]?.forwards[1]?.responseBody.toString()).toBe(
      'the secret is [signing secret]',
    );
  });

  it('sends the same bytes and headers, and stores the attempt with its capture', async () => {
    const app = await startApp();
    const store = storeOf();
    const result = await captures(store, ['replay', failed.id, '--to', `${app.port}/hook`]);
    expect(result.stdout).toMatch(
      new RegExp(`^→ 200 .* ${failed.id} {2}http://localhost:${app.port}/hook\\?x=1\n$`),
    );
    expect(result.code).toBe(0);
    const [received] = app.received;
    expect(received?.body).toEqual(failed.body);
    expect(received?.url).toBe('/hook?x=1');
    const [[name, sentTo] = ['', ''], ...others] = failed.headers;
    expect(received?.rawHeaders.slice(0, 10)).toEqual([
      name,
      `localhost:${app.port}`,
      ...others.flat(),
      'X-Forwarded-Host',
      sentTo,
    ]);
    const stored = readStore(store);
    expect(stored).toHaveLength(3);
    expect(stored[1]?.forwards).toHaveLength(2);
    expect(stored[1]?.forwards[1]).toMatchObject({ kind: 'replay', status: 200, edited: false });
    expect(stored[1]?.forwards[1]?.responseBody.toString()).toBe('OK');
  });

  it('--set changes one field, keeps every other digit, signs again and says so', async () => {
    const app = await startApp();
    const store = storeOf();
    const args = ['replay', failed.id, '--set', 'data.x=1', '--to', app.url, '--json'];
    const result = await captures(store, args);
    const body = '{"event":"test_run.failed","data":{"test_run_id":"run_1","score":70.0,"x":1}}';
    expect(app.received[0]?.body.toString()).toBe(body);
    expect(app.received[0]?.headers).toMatchObject({
      'content-length': String(body.length),
      'x-relyable-signature': signPayload(Buffer.from(body), SECRET),
    });
    expect(result.stderr).toBe(
      '--set changes the body, so it is signed again with RELYABLE_WEBHOOK_SECRET\n',
    );
    expect(jsonLines(result)[0]).toMatchObject({ type: 'replay', v: 1, edited: true, status: 200 });
    expect(readStore(store)[1]?.forwards[1]).toMatchObject({ kind: 'replay', edited: true });
  });

  it('--resign signs one that came unsigned, and says resigned', async () => {
    const app = await startApp();
    const store = storeOf();
    const result = await captures(store, ['replay', 'last', '--resign', '--to', app.url, '--json']);
    expect(jsonLines(result)[0]).toMatchObject({ edited: false, resigned: true });
    const shown = await captures(store, ['show', 'last']);
    expect(shown.stdout).toContain('replay (resigned)');
    expect(readStore(store)[2]?.forwards[0]).toMatchObject({ edited: false, resigned: true });
    expect(app.received[0]?.headers['x-relyable-signature']).toBe(
      signPayload(unsigned.body, SECRET),
    );
  });

  it('ends with 1 for another answer, with 4 for none, and stores both', async () => {
    const app = await startApp((response) => response.writeHead(401).end('no'));
    const store = storeOf();
    const refused = await captures(store, ['replay', 'last', '--to', app.url]);
    expect(refused.stdout).toMatch(/^→ 401 .*\n {2}│ no\n$/);
    expect(refused.code).toBe(1);
    await app.close();
    const silent = await captures(store, ['replay', 'last', '--to', app.url]);
    expect(silent.stdout).toContain('connection refused');
    expect(silent.code).toBe(4);
    expect(readStore(store)[2]?.forwards.map(({ status }) => status)).toEqual([401, null]);
  });

  it('sends nothing unless every capture exists and can be changed', async () => {
    const app = await startApp();
    for (const args of [
      ['last', 'cap_0'],
      ['last', '--set', 'event.x=1'],
    ]) {
      const result = await captures(storeOf(), ['replay', ...args, '--to', app.url]);
      expect(result.code).toBe(2);
    }
    expect(app.received).toEqual([]);
  });

  it('goes to where it was last sent, where no target is given', async () => {
    const app = await startApp();
    const store = storeOf();
    await captures(store, ['replay', failed.id, '--to', `${app.port}/hook`]);
    const result = await captures(store, ['replay', failed.id]);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain(
      `to http://localhost:${app.port}/hook?x=1, where ${failed.id} was last sent`,
    );
    expect(app.received.map(({ url }) => url)).toEqual(['/hook?x=1', '/hook?x=1']);
  });

  it('asks for a target where none is known', async () => {
    const result = await captures(storeOf(), ['replay', 'last']);
    expect(result.stderr).toContain('expected a target');
    expect(result.code).toBe(2);
  });
});

describe('captures replay of many', () => {
  /** Seven captures, oldest first: an app answered 500 to every second one. */
  const many = Array.from({ length: 7 }, (_, n) =>
    makeCapture(n + 10, { forwards: n % 2 === 0 ? [] : [{ ...FORWARD, url: 'http://a/' }] }),
  );
  const idsAt = (...places: number[]): string[] => places.map((n) => many[n]?.id ?? '');

  it('--failed sends oldest first with a summary, until none has failed', async () => {
    const app = await startApp();
    const store = storeOf(many);
    const args = ['replay', '--failed', '--to', app.url, '--json'];
    const first = await captures(store, args);
    expect(jsonLines(first).map(({ id }) => id)).toEqual([...idsAt(1, 3, 5), undefined]);
    expect(jsonLines(first).at(-1)).toEqual({
      type: 'summary',
      v: 1,
      selected: 3,
      sent: 3,
      delivered: 3,
      statuses: { 200: 3 },
    });
    const again = await captures(store, args);
    expect(again).toMatchObject({ code: 0, stderr: 'no matching captures\n' });
    expect(jsonLines(again)).toEqual([
      { type: 'summary', v: 1, selected: 0, sent: 0, delivered: 0, statuses: {} },
    ]);
    const list = await captures(store, ['list', '--failed', '--json']);
    expect(list.stdout).toBe('');
  });

  it('says how far it is and what became of them', async () => {
    const app = await startApp((response) => response.writeHead(503).end());
    const store = storeOf(many);
    const result = await captures(store, ['replay', '--all', '--to', app.url]);
    expect(result.stdout).toContain(`${idsAt(0)[0]}  ${app.url}`);
    expect(result.stdout).toContain('  1 of 7\n');
    expect(result.stdout).toContain('sent 7 of 7 captures: 0 answered 200, 7 not (503: 7)\n');
    expect(result.code).toBe(1);
  });

  it('draws a bar on a terminal, and no count in the lines', async () => {
    let answer = (): void => undefined;
    const isSeen = new Promise<void>((resolve) => (answer = resolve));
    const app = await startApp((response) => void isSeen.then(() => response.end('OK')));
    const args = ['webhooks', 'captures', 'replay', '--all', '--to', app.url];
    const cli = startPtyCli([...args, '--store', storeOf(many)]);
    await cli.waitFor('░'.repeat(20));
    await cli.waitFor('0 of 7 sent, 0 answered 200');
    answer();
    await cli.waitFor('sent 7 of 7 captures: 7 answered 200');
    expect(await cli.exitCode).toBe(0);
    expect(cli.screen()).toContain('/webhooks/relyable?x=1\r\n');
  });

  it('says how far it came when it is interrupted', async () => {
    let arrive = (): void => undefined;
    const hasArrived = new Promise<void>((resolve) => (arrive = resolve));
    const app = await startApp(() => arrive());
    const args = ['webhooks', 'captures', 'replay', '--all', '--to', app.url];
    const cli = startPtyCli([...args, '--timeout', '0', '--store', storeOf(many)]);
    await hasArrived;
    cli.type('\u0003');
    await cli.waitFor('sent 1 of 7 captures: 0 answered 200, 1 not (no answer: 1)');
    expect(await cli.exitCode).toBe(130);
  });

  it('--stop-on-failure ends at the first', async () => {
    const app = await startApp((response) => response.writeHead(500).end());
    const args = ['replay', '--all', '--stop-on-failure', '--to', app.url];
    const result = await captures(storeOf(many), args);
    expect(app.received).toHaveLength(1);
    expect(result.stdout).toContain('sent 1 of 7 captures');
    expect(result.code).toBe(1);
  });

  it('--concurrency sends as many at once and each once', async () => {
    let open = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const app = await startApp((response) => {
      open += 1;
      most = Math.max(most, open);
      waiting.push(() => {
        open -= 1;
        response.end('OK');
      });
      // Answered once three are in flight, or the last one is.
      if (open === 3 || app.received.length === many.length) {
        for (const answer of waiting.splice(0)) answer();
      }
    });
    const args = ['replay', '--all', '--concurrency', '3', '--to', app.url];
    const result = await captures(storeOf(many), args);
    expect(result.code).toBe(0);
    expect(most).toBe(3);
    expect(new Set(app.received.map(({ body }) => String(body)))).toHaveLength(7);
  });

  it('--dry-run sends nothing', async () => {
    const app = await startApp();
    const args = ['replay', '--since', '2026-01-02T03:04:20Z', '--dry-run', '--to', app.url];
    const result = await captures(storeOf(many), [...args, '--json']);
    expect(jsonLines(result).map(({ id, dryRun }) => [id, dryRun])).toEqual([
      [idsAt(5)[0], true],
      [idsAt(6)[0], true],
    ]);
    expect(app.received).toEqual([]);
    expect((await captures(storeOf(many), args)).stdout).toMatch(/^would send .* → http/);
  });

  it.each([
    ['nothing', []],
    ['ids and a filter', ['last', '--failed']],
    ['all and a filter', ['--all', '--failed']],
  ])('refuses %s', async (_, args) => {
    const result = await captures(storeOf(many), ['replay', ...args, '--to', '1']);
    expect(result.stderr).toMatch(/expected (capture ids, or )?--all, (or )?--failed/);
    expect(result.code).toBe(2);
  });
});

describe('--json of an export', () => {
  it('is the lines of NDJSON, or what was written to a file', async () => {
    const cwd = temporaryFolder();
    const lines = await captures(storeOf(), ['export', '--all', '--json']);
    expect(jsonLines(lines)).toHaveLength(3);
    const args = ['export', '--all', '--format', 'vitest', '-o', 'x.js', '--json'];
    const file = await captures(storeOf(), args, { cwd });
    expect(jsonLines(file)).toEqual([
      { type: 'export', v: 1, exported: 3, format: 'vitest', file: 'x.js' },
    ]);
  });

  it('is refused for what is not JSON', async () => {
    const result = await captures(storeOf(), ['export', '--all', '--format', 'curl', '--json']);
    expect(JSON.parse(result.stderr)).toMatchObject({ type: 'error', code: 'USAGE', exitCode: 2 });
    expect(result.stdout).toBe('');
  });
});

describe('captures export and import', () => {
  it('ndjson carries captures from one store to another, with ids and forwards', async () => {
    const store = storeOf();
    const folder = temporaryFolder();
    const options = { cwd: folder };
    const exported = await captures(store, ['export', '--all', '-o', 'all.ndjson'], options);
    expect(exported.stderr).toBe('exported 3 captures as ndjson to all.ndjson\n');
    const other = join(folder, 'other.db');
    const imported = await captures(other, ['import', 'all.ndjson', '--json'], options);
    const ids = all.map(({ id }) => id);
    expect(jsonLines(imported)).toEqual([
      { type: 'import', v: 1, imported: 3, ids, known: 0, unreadable: 0, store: other },
    ]);
    const importedAt: unknown = expect.any(Number);
    const expected = readStore(store).map((capture) => Object.assign(capture, { importedAt }));
    expect(readStore(other)).toEqual(expected);
    const again = await captures(other, ['import', 'all.ndjson'], options);
    expect(again.stdout).toBe('imported 0 captures, 3 already stored\n');
  });

  it.each(['http', 'har'])('%s becomes new captures, judged now', async (format) => {
    const { stdout } = await captures(storeOf(), ['export', '--all', '--format', format]);
    const other = join(temporaryFolder(), 'other.db');
    const imported = await captures(other, ['import', '-'], { stdin: stdout });
    expect(imported.stdout).toContain('\nimported 3 captures\n');
    for (const { id } of readStore(other)) expect(imported.stdout).toContain(id);
    expect(readStore(other).map(({ body, verification }) => [String(body), verification])).toEqual(
      all.map(({ body, verification }) => [String(body), verification]),
    );
  });

  it('never holds a secret, and --redact says what it replaced and still verifies', async () => {
    const store = storeOf([failed]);
    const args = ['export', 'last', '--redact', '--format', 'http'];
    const { stdout, stderr } = await captures(store, args);
    expect(stderr).toContain('data.test_run_id (1)');
    expect(stderr).toContain('signed with the test secret whsec_test_redacted, which is public');
    expect(stdout).not.toContain('run_1');
    expect(stdout + stderr).not.toContain(SECRET);
    const result = await runCli(['webhooks', 'verify', '-'], {
      stdin: stdout,
      env: { RELYABLE_WEBHOOK_SECRET: 'whsec_test_redacted' },
    });
    expect(result.code).toBe(0);
  });

  it.each([
    ['neither ids nor --all', []],
    ['both', ['last', '--all']],
    ['an unknown format', ['last', '--format', 'xml']],
    ['a capture that does not exist', ['last', 'cap_0', '-o', 'x']],
    ['a file that cannot be written', ['last', '-o', '.']],
  ])('export refuses %s', async (_, args) => {
    const cwd = temporaryFolder();
    const result = await captures(storeOf(), ['export', ...args], { cwd });
    expect(result.code).toBe(2);
    expect(result.stdout).toBe('');
    expect(existsSync(join(cwd, 'x'))).toBe(false);
  });

  it.each([
    ['noise', 'hello', 2],
    ['nothing', '\n', 2],
    [
      'a header that is two',
      JSON.stringify({
        type: 'capture',
        v: 1,
        id: 'cap_1',
        receivedAt: '2026-01-01T00:00:00Z',
        method: 'POST',
        path: '/',
        httpVersion: '1.1',
        headers: [['a', 'b\r\nc: d']],
        bodyBase64: '',
        verification: { valid: true, reason: 'ok' },
        forwards: [],
      }),
      2,
    ],
    ['a request for no path', 'POST @elsewhere.test/ HTTP/1.1\r\nHost: a\r\n\r\n', 2],
  ])('import refuses %s', async (_, stdin, code) => {
    const result = await captures(join(temporaryFolder(), 'x.db'), ['import', '-'], { stdin });
    expect(result.stderr).toMatch(/^error: /);
    expect(result.code).toBe(code);
  });
});

describe('captures import', () => {
  /** A line of an export that claims to be genuine. */
  function claim(signature: string): string {
    const body = '{"event":"test_run.failed","data":{}}';
    return JSON.stringify({
      type: 'capture',
      v: 1,
      id: 'cap_forged',
      receivedAt: '2026-01-01T00:00:00Z',
      method: 'POST',
      path: '/',
      httpVersion: '1.1',
      headers: [['X-Relyable-Signature', signature]],
      bodyBase64: Buffer.from(body).toString('base64'),
      verification: { valid: true, reason: 'ok' },
      forwards: [],
    });
  }

  it.each([
    ['a forged one', 'a'.repeat(64), { valid: false, reason: 'secret_wrong_or_body_changed' }],
    [
      'a genuine one',
      signPayload(Buffer.from('{"event":"test_run.failed","data":{}}'), SECRET),
      { valid: true, reason: 'ok' },
    ],
  ])('judges %s with the secret at hand', async (_, signature, verification) => {
    const store = join(temporaryFolder(), 'x.db');
    const result = await captures(store, ['import', '-'], { stdin: claim(signature) });
    expect(result.code).toBe(0);
    expect(readStore(store).map((capture) => capture.verification)).toEqual([verification]);
  });

  it('says that it could not judge where there is the development secret alone', async () => {
    const store = join(temporaryFolder(), 'x.db');
    const options = { stdin: claim('a'.repeat(64)), env: { RELYABLE_STORE: store } };
    const result = await runCli(['webhooks', 'captures', 'import', '-'], options);
    expect(result.stdout).toContain('? not verified here');
    expect(readStore(store)[0]?.verification).toEqual({ valid: false, reason: 'not_verified' });
    expect((await captures(store, ['list'])).stdout).toContain('  not verified here');
  });

  it('stores what it can, names what it cannot, and ends with 2', async () => {
    const store = join(temporaryFolder(), 'x.db');
    const stdin = [claim('b'), '{"type":"capture","v":1}', '{"type":"capture"', claim('c')];
    const result = await captures(store, ['import', '-', '--json'], { stdin: stdin.join('\n') });
    expect(jsonLines(result)).toMatchObject([{ imported: 1, known: 1, unreadable: 2 }]);
    const { message, exitCode } = JSON.parse(result.stderr);
    expect(message).toMatch(/2 inputs or entries cannot be read; the others are imported/);
    expect(message).toMatch(/stdin: line 2, byte \d+: \$\.id/);
    expect(message).toMatch(/stdin: line 3, byte \d+: expected JSON/);
    expect(exitCode).toBe(2);
  });

  it("keeps the recorder's time, and prunes by when it was imported", async () => {
    const store = join(temporaryFolder(), 'x.db');
    await captures(store, ['import', '-'], { stdin: claim('a'.repeat(64)) });
    const [listed] = jsonLines(await captures(store, ['list', '--json']));
    expect(listed).toMatchObject({ receivedAt: '2026-01-01T00:00:00.000Z', source: 'http' });
    expect(Date.parse(String(listed?.['importedAt']))).toBeGreaterThan(Date.UTC(2026, 0, 2));
    expect((await captures(store, ['show', 'last'])).stdout).toMatch(/^imported {3}\d{4}-/m);
    const pruned = await captures(store, ['prune', '--older-than', '1h', '--yes']);
    expect(pruned.stdout).toBe('removed 0 captures\n');
    // An export is of the recording; the time of an import is this store's.
    expect((await captures(store, ['export', '--all'])).stdout).not.toContain('importedAt');
  });

  it('does not store a request whose body was not recorded', async () => {
    const headers = { 'x-relyable-signature': 'a'.repeat(64), 'content-length': '40' };
    const stdin = JSON.stringify({ method: 'POST', url: '/hook', headers, body: null });
    const result = await captures(join(temporaryFolder(), 'x.db'), ['import', '-'], { stdin });
    expect(result.stderr).toContain('nothing to send again');
    expect(result.code).toBe(2);
  });
});

describe('captures prune and path', () => {
  it('keeps the newest', async () => {
    const store = storeOf();
    const result = await captures(store, ['prune', '--keep', '1', '--yes']);
    expect(result.stdout).toBe('removed 2 captures\n');
    expect(readStore(store).map(({ id }) => id)).toEqual([unsigned.id]);
  });

  it('removes what is older', async () => {
    const store = storeOf([makeCapture(1), makeCapture(2, { receivedAt: Date.now() })]);
    const result = await captures(store, ['prune', '--older-than', '60d', '--yes', '--json']);
    expect(jsonLines(result)).toEqual([
      { type: 'prune', v: 1, removed: 1, matching: 1, dryRun: false, store },
    ]);
  });

  it('needs --yes where it cannot ask, and counts with --dry-run', async () => {
    const store = storeOf();
    const refused = await captures(store, ['prune', '--keep', '1']);
    expect(refused.stderr).toContain('not a terminal: expected --yes to remove 2 captures');
    expect(refused.code).toBe(2);
    const counted = await captures(store, ['prune', '--keep', '1', '--dry-run']);
    expect(counted).toMatchObject({ code: 0, stdout: 'would remove 2 captures\n' });
    expect(readStore(store)).toHaveLength(3);
    const nothing = await captures(store, ['prune', '--keep', '3']);
    expect(nothing.stdout).toBe('removed 0 captures\n');
  });

  it('needs a limit, and creates no store', async () => {
    const store = join(temporaryFolder(), 'none.db');
    expect((await captures(store, ['prune'])).code).toBe(2);
    expect((await captures(store, ['prune', '--keep', '1'])).code).toBe(2);
    expect(existsSync(store)).toBe(false);
  });

  it('says where captures are stored', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.relyablerc.json'), '{"store":"here.db"}');
    const result = await runCli(['webhooks', 'captures', 'path'], { cwd: folder });
    expect(result.stdout).toBe(`${join(folder, 'here.db')}\n`);
    expect(readFileSync(join(folder, '.relyablerc.json'), 'utf8')).toContain('here.db');
  });
});

describe('captures replay of what is not stored yet', () => {
  const genuine = wireDelivery(1);
  const unsignedDelivery = wireDelivery(2, { headers: {} });

  it('takes delivery ids, and the output of logs show', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([unsignedDelivery, genuine]);
    const env = { RELYABLE_API_URL: api.url };
    const store = storeOf();
    const args = ['replay', failed.id, 'dlv_1', 'delivery:dlv_2', '--to', app.url, '--json'];
    const result = await captures(store, args, { env });
    expect(result.code).toBe(0);
    expect(jsonLines(result)).toMatchObject([
      { id: failed.id },
      { deliveryId: 'dlv_1', source: 'log', resigned: false },
      { deliveryId: 'dlv_2', resigned: true, note: expect.stringContaining('no signature') },
    ]);
    const signed = signPayload(Buffer.from(bodyOf(2)), SECRET);
    expect(app.received[2]?.headers['x-relyable-signature']).toBe(signed);
    expect(readStore(store)).toHaveLength(5);
    const shown = await runCli(['webhooks', 'logs', 'show', 'dlv_1', '--json'], { env });
    const piped = await captures(store, ['replay', '-', '--to', app.url], { stdin: shown.stdout });
    expect(piped.code).toBe(0);
    expect(app.received[3]?.body.toString()).toBe(bodyOf(1));
    const stored = readStore(store);
    expect(stored).toHaveLength(5);
    expect(stored.at(-2)?.forwards).toHaveLength(2);
  });

  it('stores a recording of another tool, and sends nothing where a part cannot be read', async () => {
    const app = await startApp();
    const store = storeOf();
    const file = join(temporaryFolder(), 'request.http');
    writeFileSync(file, 'POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
    const sent = await captures(store, ['replay', file, '--to', app.url]);
    expect(sent.code).toBe(0);
    expect(readStore(store).filter(({ forwards }) => forwards[0]?.kind === 'replay')).toHaveLength(
      1,
    );
    const broken = await captures(store, ['replay', file, './none.http', '--to', app.url]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('none.http');
    expect(app.received).toHaveLength(1);
  });
});
