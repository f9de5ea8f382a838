import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Capture } from '../../src/request/capture.ts';
import { startApp } from '../support/app.ts';
import { fillStore, makeCapture } from '../support/captures.ts';
import { spawnCli, temporaryFolder } from '../support/cli.ts';
import { runOnTerminal } from '../support/pty.ts';
import { hasStack } from '../support/stacks.ts';

/** What would repaint a terminal, write its clipboard, or show text in another order. */
const BODY = '{"a":"\u001b[2J\u001b]52;c;b3duZWQ=\u0007\u009b31m\u202e é 日"}';
/** As header values are kept: a C1 control, one in UTF-8, an escape, a right-to-left override. */
const VALUE = '\u009b31m \u00c2\u009b31m \u001b]0;owned\u0007 \u00e2\u0080\u00ae';
const NOTE =
  'some of it is shown as escapes such as \\u{1b}; a pipe or a file gets the exact bytes';
// oxlint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/;

const hostile = makeCapture(1, {
  path: '/a\u009b31m/\u00c3\u00a9?\u00e2\u0080\u00ae',
  headers: [
    ['Host', 'localhost:4400'],
    ['X-Value', VALUE],
  ],
  body: Buffer.from(BODY),
});

function storeOf(capture: Capture): string {
  const store = join(temporaryFolder(), 'captures.db');
  fillStore(store, [capture]);
  return store;
}

/** What the program writes on a terminal, lines ended as everywhere. */
async function onTerminal(
  args: readonly string[],
  store: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const ran = await runOnTerminal(args, { env: { RELYABLE_STORE: store, ...env }, columns: 500 });
  expect(ran.code).toBe(0);
  return ran.screen.replaceAll('\r\n', '\n');
}

describe('on a terminal', () => {
  it.each([
    ['captures show last --raw', '\\u{1b}]0;owned\\u{7}'],
    ['captures export last --format http', '\\u{1b}]0;owned\\u{7}'],
    ['captures export last --format curl', '\\0033]0;owned\\0007'],
    ['captures export last --format har', 'localhost:4400'],
    ['captures export last --format ndjson', 'localhost:4400'],
    ['captures export last --format vitest', 'localhost:4400'],
  ])('%s has nothing that the terminal would act on', async (line, shown) => {
    const screen = await onTerminal(['webhooks', ...line.split(' ')], storeOf(hostile));
    expect(screen).not.toMatch(HARMFUL);
    expect(screen).toContain(shown);
  });

  it('captures show --raw says where it is not exact, and ends its last line', async () => {
    const show = ['webhooks', 'captures', 'show', 'last', '--raw'];
    const store = storeOf(hostile);
    const screen = await onTerminal(show, store);
    expect(screen).toContain(' é 日"}\n');
    expect(screen.endsWith(`\n${NOTE}\n`)).toBe(true);
    expect(await onTerminal([...show, '--quiet'], store)).toBe(screen.replace(`${NOTE}\n`, ''));
    expect(await onTerminal(show, store, { LC_ALL: 'C' })).toContain(' \\u{e9} \\u{65e5}"}\n');
  });

  it('captures show --raw of plain text is that text', async () => {
    const capture = makeCapture(1);
    const args = ['webhooks', 'captures', 'show', 'last', '--raw'];
    const store = storeOf(capture);
    const { stdout } = await spawnCli(args, { env: { RELYABLE_STORE: store } });
    expect(await onTerminal(args, store)).toBe(`${stdout.replaceAll('\r\n', '\n')}\n`);
  });

  it('captures show --raw says so of bytes that are not text', async () => {
    const store = storeOf(makeCapture(1, { body: Buffer.from([0x61, 0xff, 0xfe, 0x0a]) }));
    const screen = await onTerminal(['webhooks', 'captures', 'show', 'last', '--raw'], store);
    expect(screen.endsWith(`\na\ufffd\ufffd\n${NOTE}\n`)).toBe(true);
  });

  it.each(['http', 'curl'])('trigger --print %s is harmless', async (form) => {
    const args = ['webhooks', 'trigger', 'test_run.failed', '--to', '3000', '--print', form];
    const edits = ['--set', 'data.agent_id=\u202e\u009b2J', '-H', 'X-Value: \u009b2J'];
    const env = { RELYABLE_WEBHOOK_SECRET: 'whsec_test' };
    expect(await onTerminal([...args, ...edits], storeOf(hostile), env)).not.toMatch(HARMFUL);
  });

  it('a path is harmless', async () => {
    const store = join(temporaryFolder(), '\u001b[2J.db');
    expect(await onTerminal(['webhooks', 'captures', 'path'], store)).toContain('\\u{1b}[2J.db\n');
  });

  it.runIf(hasStack('curl'))('a curl command that is copied from it sends the bytes', async () => {
    const app = await startApp();
    // No server takes an escape in a header.
    const value = VALUE.replace(/ \u001b.*\u0007/, '');
    const capture = {
      ...hostile,
      headers: [
        ['Host', `127.0.0.1:${app.port}`],
        ['X-Value', value],
      ] as const,
    };
    const args = ['webhooks', 'captures', 'export', 'last', '--format', 'curl', '--quiet'];
    const command = await onTerminal(args, storeOf(capture));
    await promisify(execFile)('sh', ['-c', command]);
    const [received] = app.received;
    expect(received?.url).toBe('/a%9B31m/%C3%A9?%E2%80%AE');
    expect(received?.rawHeaders).toContain(value);
    expect(received?.body.toString()).toBe(BODY);
  });
});

describe('into a pipe', () => {
  it.each([[['show', 'last', '--raw']], [['export', 'last', '--format', 'http']]])(
    'captures %j is exact',
    async (args) => {
      const env = { RELYABLE_STORE: storeOf(hostile), LC_ALL: 'C' };
      const { stdout, stderr } = await spawnCli(['webhooks', 'captures', ...args], { env });
      expect(stdout).toContain(`\r\n\r\n${BODY}`);
      expect(stderr).not.toContain(NOTE);
    },
  );
});
