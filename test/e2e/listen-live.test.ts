import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openReader } from '../../src/store/writer.ts';
import { type Answer, startApp } from '../support/app.ts';
import { startCli, temporaryFolder } from '../support/cli.ts';
import { reservePort } from '../support/reserve-port.ts';
import { type ScreenCli, startScreenCli } from '../support/screen.ts';

const SECRET = 'whsec_test_live';

interface LiveCli extends ScreenCli {
  readonly url: string;
  readonly store: string;
  /** Posts an event and waits for its answer. */
  send(event: string, data?: object, secret?: string): Promise<void>;
}

interface LiveOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  readonly script?: string;
  /** No live view is expected. */
  readonly isPlain?: boolean;
}

async function startLive(options: LiveOptions = {}): Promise<LiveCli> {
  const { args = [], env = {}, isPlain = false, ...size } = options;
  const folder = temporaryFolder();
  const store = join(folder, 'store.db');
  const cli = startScreenCli(
    ['webhooks', 'listen', '--utc', '--port', '0', '--store', store, ...args],
    { ...size, env: { RELYABLE_WEBHOOK_SECRET: SECRET, ...env } },
  );
  await cli.waitUntil(has(isPlain ? 'Ctrl-C stops' : '? keys'));
  const url = /Listening on (\S+)/.exec(cli.scrollback().join('\n'))?.[1] ?? '';
  return {
    ...cli,
    url,
    store,
    send: (event, data, secret) => send(url, event, data, secret),
  };
}

async function send(url: string, event: string, data: object = {}, secret = SECRET): Promise<void> {
  const body = JSON.stringify({ event, timestamp: '2026-01-16T15:38:00Z', data });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'X-Relyable-Signature': signature };
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.arrayBuffer();
}

/** What differs from run to run made equal. */
function steady(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line
      .replaceAll(/\d\d:\d\d:\d\dZ/g, '10:00:00Z')
      .replaceAll(/cap_[a-z0-9]+/g, 'cap_1')
      .replaceAll(/ +\d+(?:\.\d)? m?s\b/g, ' 1 ms')
      .replaceAll(/(?<=\S) {2,}/g, '  ')
      .replaceAll(/(?<before>:|--to )\d{4,5}\b/g, '$<before>4400')
      .replaceAll(/(?<before>captures in {2}|--store ).*/g, '$<before>store.db'),
  );
}

const has =
  (text: string) =>
  (lines: string[]): boolean =>
    lines.some((line) => line.includes(text));

const failing: Answer = (response, { body }) => {
  response.statusCode = body.includes('failed') ? 500 : 200;
  response.end(body.includes('failed') ? '{"error":"no such run"}' : 'OK');
};

describe('listen on a terminal', () => {
  it('shows deliveries as lines and the state below them', async () => {
    const app = await startApp(failing);
    const cli = await startLive({ args: ['--forward-to', `${app.url}/hook`], columns: 120 });
    await cli.send('test_run.completed', { test_run_id: 'run_1' });
    await cli.send('test_run.failed', { test_run_id: 'run_2' });
    await cli.waitUntil(has('2 received'));
    expect(steady(cli.visible())).toEqual([
      'Listening on http://127.0.0.1:4400',
      '  forwards to  http://127.0.0.1:4400/hook',
      '  verifies with  RELYABLE_WEBHOOK_SECRET',
      '  stores captures in  store.db',
      '  Ctrl-C stops it. Try: relyable webhooks trigger test_run.completed --to 4400',
      '10:00:00Z  → 200 1 ms  ✓ signature  test_run.completed  run_1  cap_1',
      '10:00:00Z  → 500 1 ms  ✓ signature  test_run.failed  run_2  cap_1',
      '          │ {"error":"no such run"}',
      '          the signature is right; your handler failed on it',
      '          check: relyable webhooks check http://127.0.0.1:4400/hook',
      '          replay: relyable webhooks captures replay cap_1 --store store.db',
      'http://127.0.0.1:4400 → http://127.0.0.1:4400/hook up  2 received, 1 failed',
      '? keys  q quit  ↑ select  r replay last  f filter  / search  p pause',
    ]);
    expect(cli.isCursorVisible()).toBe(false);
  });

  it('q drains and leaves the lines and the summary alone', async () => {
    const cli = await startLive();
    await cli.send('test_run.completed', { test_run_id: 'run_1' });
    await cli.waitUntil(has('1 received'));
    cli.type('q');
    expect(await cli.exitCode).toBe(0);
    await cli.waitUntil(has('answered in'));
    expect(steady(cli.scrollback()).slice(5)).toEqual([
      '10:00:00Z  answered 200  ✓  test_run.completed  run_1  cap_1',
      '1 request, 1 valid, 0 invalid, 0 forwarded, 0 failed',
      '  test_run.completed  1',
      '  answered in 1 ms (median), 1 ms (p95), 1 ms (worst)',
    ]);
    expect(cli.isCursorVisible()).toBe(true);
  });

  it('replays the last delivery and the selected one, and notes both as attempts', async () => {
    let isFixed = false;
    const app = await startApp((response) => {
      response.statusCode = isFixed ? 200 : 503;
      response.end();
    });
    const cli = await startLive({ args: ['--forward-to', `${app.url}/hook`], columns: 110 });
    await cli.send('test_run.completed', { test_run_id: 'run_1' });
    await cli.send('test_run.failed', { test_run_id: 'run_2' });
    await cli.waitUntil(has('2 received, 2 failed'));
    isFixed = true;
    cli.type('r');
    await cli.waitUntil(has('replay of cap_'));
    cli.type('\u001b[A');
    await cli.waitUntil(has('> '));
    cli.type('\u001b[A');
    await cli.waitUntil((lines) => lines.some((line) => /^> .*run_1/.test(line)));
    expect(steady(cli.visible()).slice(-4)).toEqual([
      '> 10:00:00Z  → 503 1 ms  ✓ signature  test_run.completed  run_1  cap_1',
      '  10:00:00Z  → 503 1 ms  ✓ signature  test_run.failed  run_2  cap_1',
      'http://127.0.0.1:4400 → http://127.0.0.1:4400/hook up  2 received, 2 failed',
      'enter view  r replay  Esc back  c curl  o open  ? keys  q quit',
    ]);
    cli.type('r');
    await app.waitFor(4);
    await cli.waitUntil(
      (lines) => lines.filter((line) => line.includes('replay of cap_')).length === 2,
    );
    expect(app.received.map(({ body }) => /run_\d/.exec(body.toString())?.[0])).toEqual([
      'run_1',
      'run_2',
      'run_2',
      'run_1',
    ]);
    expect(app.received[3]?.rawHeaders).toEqual(app.received[0]?.rawHeaders);
    cli.type('q');
    expect(await cli.exitCode).toBe(0);
    const captures = openReader(cli.store)?.list({}, 10) ?? [];
    expect(
      captures.map(({ forwards }) => forwards.map(({ kind, status }) => `${kind} ${status}`)),
    ).toEqual([
      ['forward 503', 'replay 200'],
      ['forward 503', 'replay 200'],
    ]);
  });

  it('knows from a replay that the app is there again', async () => {
    const port = await reservePort();
    const cli = await startLive({ args: ['--forward-to', `${port}/hook`], columns: 110 });
    await cli.send('test_run.failed', { test_run_id: 'run_1' });
    await cli.waitUntil(has(' down  1 received'));
    await startApp(undefined, { port });
    cli.type('r');
    await cli.waitUntil(has('replay of cap_'));
    expect(cli.visible().join('\n')).toContain(' up  1 received');
    cli.type('q');
    expect(await cli.exitCode).toBe(0);
  });

  it('shows the selected delivery whole', async () => {
    const app = await startApp(failing);
    const cli = await startLive({ args: ['--forward-to', `${app.url}/hook`], rows: 50 });
    await cli.send('test_run.failed', { test_run_id: 'run_2', score: 1.5 });
    await cli.waitUntil(has('1 received'));
    cli.type('\r');
    await cli.waitUntil(has('forward → 500'));
    const lines = steady(cli.visible());
    const from = lines.findIndex((line) => line.startsWith('── cap_'));
    // Headers that fetch and Node add by themselves aside.
    const added = /^ {2}(?:x-relyable|content|date|user-agent|accept|sec-|host|conn|keep)[^ ]*: /i;
    const shown = lines.slice(from, lines.indexOf('──') + 1);
    expect(shown).toContain('  Content-Type: application/json');
    expect(shown.filter((line) => !added.test(line))).toEqual([
      '── cap_1  test_run.failed  10:00:00Z',
      '✓ signature  signed with RELYABLE_WEBHOOK_SECRET',
      'request',
      '  POST / HTTP/1.1',
      '',
      '  {',
      '    "event": "test_run.failed",',
      '    "timestamp": "2026-01-16T10:00:00Z",',
      '    "data": {',
      '      "test_run_id": "run_2",',
      '      "score": 1.5',
      '    }',
      '  }',
      'forward → 500 1 ms  http://127.0.0.1:4400/hook  10:00:00Z',
      '',
      '  {',
      '    "error": "no such run"',
      '  }',
      '──',
    ]);
  });

  it('filters and pauses the lines, not the forwarding', async () => {
    const app = await startApp(failing);
    const cli = await startLive({ args: ['--forward-to', app.url] });
    cli.type('f');
    await cli.waitUntil(has('only failures, 0 hidden'));
    await cli.send('test_run.completed', { test_run_id: 'run_1' });
    await cli.send('test_run.failed', { test_run_id: 'run_2' });
    await cli.waitUntil(has('run_2'));
    await cli.waitUntil(has('only failures, 1 hidden'));
    expect(cli.visible().join('\n')).not.toContain('run_1');
    cli.type('p');
    await cli.waitUntil(has('paused, only failures, 0 hidden'));
    await cli.send('test_run.failed', { test_run_id: 'run_3' });
    await cli.waitUntil(has('paused, only failures, 1 hidden'));
    expect(app.received).toHaveLength(3);
    expect(cli.visible().join('\n')).not.toContain('run_3');
  });

  it('says of the app that it went away and came back', async () => {
    const app = await startApp();
    const cli = await startLive({ args: ['--forward-to', app.url] });
    await cli.waitUntil(has(' up  0 received'));
    await app.close();
    await cli.waitUntil(has(' down  0 received'));
    await startApp(undefined, { port: app.port });
    await cli.waitUntil(has(' up  0 received'));
  });

  it('prints a curl command that sends the same to the app', async () => {
    const app = await startApp();
    const cli = await startLive({ columns: 200, args: ['--forward-to', `${app.port}/hook`] });
    await cli.send('test_run.completed', { name: "it's" });
    await cli.waitUntil(has('1 received'));
    cli.type('kc');
    await cli.waitUntil(has('--data-raw'));
    expect(cli.visible().join('\n')).toContain(
      String.raw`--data-raw '{"event":"test_run.completed","timestamp":"2026-01-16T15:38:00Z","data":{"name":"it'\''s"}}'`,
    );
    expect(cli.visible().join('\n')).toContain(`curl -i 'http://localhost:${app.port}/hook'`);
  });

  it('puts it on the clipboard where the terminal is known to have one', async () => {
    const cli = await startLive({ env: { TERM_PROGRAM: 'WezTerm' } });
    await cli.send('test_run.completed');
    await cli.waitUntil(has('1 received'));
    cli.type('kc');
    await cli.waitUntil(has('copied as a curl command'));
    // oxlint-disable-next-line no-control-regex
    const sequence = /\u001b\]52;c;([^\u0007]*)\u0007/.exec(cli.screen())?.[1] ?? '';
    expect(Buffer.from(sequence, 'base64').toString()).toMatch(/^curl -i 'http:/);
    expect(cli.scrollback().join('\n')).not.toContain('curl -i');
  });

  it('opens no page but an https one of a genuine payload', async () => {
    const cli = await startLive();
    await cli.send('test_run.completed', { view_url: 'file:///etc/passwd' });
    await cli.waitUntil(has('1 received'));
    cli.type('o');
    await cli.waitUntil(has('the payload has no https view_url'));
    await cli.send('test_run.completed', { view_url: 'https://evil.test/' }, 'whsec_other');
    await cli.waitUntil(has('2 received'));
    cli.type('o');
    await cli.waitUntil(has('not opened: the signature is not valid'));
    await cli.send('test_run.completed', { view_url: 'https://app.relyable.ai/agents/a' });
    await cli.waitUntil(has('3 received'));
    // No desktop in this environment: the address is printed.
    cli.type('o');
    await cli.waitUntil((lines) => lines.includes('https://app.relyable.ai/agents/a'));
  });

  it('fits 40 columns', async () => {
    const cli = await startLive({ columns: 40, args: ['--forward-to', 'http://localhost:1/hook'] });
    cli.type('?');
    await cli.waitUntil(has('q       quit'));
    await cli.waitUntil(has('down'));
    expect(steady(cli.visible()).slice(-13)).toEqual([
      'j k ↑↓  select a delivery; Esc: none',
      'enter  view request, verdict, answer',
      'r  replay it to your app',
      'c  copy it as curl, or the address',
      'o  open its page, or the address',
      "u  copy your app's URL",
      'i  open the inspector, a page',
      '/  search; Esc ends a filter',
      'f  only failures, invalid, a type',
      'p  pause the lines, not forwarding',
      'q  quit, like Ctrl-C',
      ':4400 → :1 down  0 received, 0 failed',
      '? keys  q quit  ↑ select  r replay last',
    ]);
  });

  it('keeps the scrollback clean when the terminal is resized', async () => {
    // What draws here is what VS Code's terminal is made of.
    const env = { TERM_PROGRAM: 'vscode' };
    const cli = await startLive({ columns: 120, rows: 20, env });
    const sizes = [
      [40, 20],
      [100, 8],
      [25, 12],
      [120, 30],
    ] as const;
    for (const [index, [columns, rows]] of sizes.entries()) {
      cli.resize(columns, rows);
      // The block is drawn for the new size: its last line is whole, and longer in a wider terminal.
      await cli.waitUntil((shown) => {
        const last = shown.findLast((line) => line.trim() !== '') ?? '';
        return last.startsWith('? keys') && (columns < 100 || last.includes('search'));
      });
      await cli.send('test_run.completed', { test_run_id: `run_${index}` });
      await cli.waitUntil(has(columns < 40 ? `${index + 1} in` : `${index + 1} received`));
    }
    cli.type('q');
    await cli.exitCode;
    await cli.waitUntil(has('answered in'));
    const lines = cli.scrollback().join('\n');
    expect(lines).not.toContain('? keys');
    expect(lines).not.toMatch(/(received|in), 0 failed/);
    expect(lines.match(/cap_[a-z0-9]{16}/g)).toHaveLength(4);
  });

  it.each([
    [{ LC_ALL: 'C' }, 'ok signature'],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'ok signature'],
    [{ LANG: 'de_DE.UTF-8' }, '✓ signature'],
  ])('with the locale %j writes %s', async (env, mark) => {
    const cli = await startLive({ env, columns: 120, args: ['-f', 'localhost:1'] });
    await cli.send('test_run.completed', { test_run_id: 'Zürich' });
    await cli.waitUntil(has(mark));
    await cli.waitUntil(has('down  1 received, 1 failed'));
    // oxlint-disable-next-line no-control-regex
    const isAscii = /^[\u0000-\u007f]*$/.test(cli.screen());
    expect(isAscii).toBe(mark === 'ok signature');
  });

  it('neutralises what a payload brings along', async () => {
    const cli = await startLive();
    await cli.send('\u001b]0;owned\u0007\u001b[2J', { test_run_id: '\u009b31m\u202e' });
    await cli.waitUntil(has('1 received'));
    cli.type('\r\u001b[A');
    await cli.waitUntil(has('> '));
    expect(cli.screen()).not.toContain('\u001b]0;');
    expect(cli.screen()).not.toContain('\u001b[2J');
    expect(cli.screen()).not.toContain('\u009b');
    expect(cli.screen()).not.toContain('\u202e');
  });
});

describe('the terminal afterwards', () => {
  const script = '"$@"; echo "code $?"; stty -a';

  async function expectRestored(cli: LiveCli, code: number): Promise<void> {
    await cli.waitUntil(has('echoke'));
    expect(cli.scrollback()).toContain(`code ${code}`);
    const modes = cli.scrollback().join(' ').split(/[ ;]+/);
    expect(modes).toEqual(expect.arrayContaining(['icanon', 'echo', 'isig', 'icrnl']));
    expect(cli.isCursorVisible()).toBe(true);
    // Wrapping is on again.
    expect(cli.screen().lastIndexOf('\u001b[?7h')).toBeGreaterThan(
      cli.screen().lastIndexOf('\u001b[?7l'),
    );
  }

  function pidOf(cli: LiveCli): number {
    const { port } = new URL(cli.url);
    const file = join(cli.home, '.local/share/relyable/listeners', `${port}.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
  }

  it('is as it was after q', async () => {
    const cli = await startLive({ script });
    cli.type('q');
    await expectRestored(cli, 0);
  });

  it('is as it was after SIGTERM', async () => {
    const cli = await startLive({ script });
    process.kill(pidOf(cli), 'SIGTERM');
    await expectRestored(cli, 0);
  });

  it('is as it was after a second Ctrl-C that waits for nothing', async () => {
    const app = await startApp(() => undefined);
    const cli = await startLive({ script, args: ['--forward-to', app.url] });
    cli.send('test_run.completed').catch(() => undefined);
    await app.waitFor(1);
    cli.type('\u0003');
    await cli.waitUntil(has('stopping'));
    cli.type('\u0003');
    await expectRestored(cli, 130);
  });

  it('is the shell’s while suspended with Ctrl-Z, and ours again after fg', async () => {
    // Job control: the program is stopped, looked at, continued.
    const cli = await startLive({
      script: 'set -m; "$@"; stty -a; echo continue; fg; echo "code $?"',
    });
    cli.type('\u001a');
    await cli.waitUntil(has('continue'));
    expect(cli.scrollback().join(' ').split(/[ ;]+/)).toEqual(
      expect.arrayContaining(['icanon', 'echo', 'isig']),
    );
    await cli.waitUntil((lines) => has('? keys')(lines.slice(lines.indexOf('continue'))));
    expect(cli.isCursorVisible()).toBe(false);
    cli.type('q');
    await cli.waitUntil(has('code 0'));
    expect(cli.isCursorVisible()).toBe(true);
  });
});

describe('plain lines', () => {
  it('come from a job in the background, which no key stops', async () => {
    // With job control, as in a shell that people type in.
    const script =
      'set -m; "$@" & read typed; echo "typed $typed"; kill %1; wait $!; echo "code $?"';
    const cli = await startLive({ isPlain: true, script });
    cli.type('x\r');
    await cli.waitUntil(has('typed x'));
    await cli.waitUntil(has('code 0'));
    expect(cli.screen()).not.toMatch(/keys|\u001b\[\?25l|\u001b\[J/);
  });

  it.each([
    ['--output plain', ['--output', 'plain'], {}],
    ['--no-input', ['--no-input'], {}],
    ['CI', [], { CI: 'true' }],
    ['TERM=dumb', [], { TERM: 'dumb' }],
  ])('come on a terminal with %s', async (_, args, env) => {
    const cli = await startLive({ args, env, isPlain: true });
    await cli.send('test_run.completed', { test_run_id: 'run_1' });
    await cli.waitUntil(has('run_1'));
    cli.type('\u0003');
    expect(await cli.exitCode).toBe(0);
    await cli.waitUntil(has('answered in'));
    expect(cli.screen()).not.toMatch(/keys|\u001b\[\?25l|\u001b\[J/);
    expect(steady(cli.scrollback())).toContain(
      '10:00:00Z  answered 200  ✓  test_run.completed  run_1  cap_1',
    );
  });

  it('come into pipes, without escape sequences', async () => {
    const cli = startCli(['webhooks', 'listen', '--port', '0', '--utc'], {
      env: { RELYABLE_WEBHOOK_SECRET: SECRET, LC_ALL: 'C' },
    });
    const ready = await cli.nextErrorLine((line) => line.startsWith('Listening on'));
    await send(ready.replace('Listening on ', ''), 'test_run.completed', { test_run_id: 'run_1' });
    const line = await cli.nextLine((text) => text.includes('run_1'));
    expect(steady([line])).toEqual([
      '10:00:00Z  answered 200  ok signature  test_run.completed  run_1  cap_1',
    ]);
  });
});
