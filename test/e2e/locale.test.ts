import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toAscii } from '../../src/terminal/charset.ts';
import { startApp } from '../support/app.ts';
import { fillStore, makeCapture, SECRET } from '../support/captures.ts';
import {
  type CliOptions,
  type CliResult,
  spawnCli,
  startCli,
  temporaryFolder,
} from '../support/cli.ts';
import { startHandler } from '../support/handlers.ts';
import { runCli } from '../support/run-cli.ts';

const UTF8 = { LC_ALL: 'C.UTF-8' };
const C = { LC_ALL: 'C' };
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;

const genuine = makeCapture(1, {
  body: Buffer.from('{"event":"test_run.completed","data":{"test_run_id":"Zürich → 日"}}'),
  forwards: [
    {
      kind: 'forward',
      at: Date.UTC(2026, 0, 2),
      url: 'http://localhost:3000/é',
      status: 500,
      durationMs: 12,
      error: null,
      responseHeaders: [],
      responseBody: Buffer.from('naïve \u001b[31m'),
      edited: false,
    },
  ],
});
const changed = makeCapture(2, {
  path: '/\u00c3\u00a9',
  headers: [['Host', 'localhost:4400'], ['X-Name', '\u00e9'], ...makeCapture(2).headers.slice(-1)],
  body: Buffer.concat([makeCapture(2).body, Buffer.from('\n')]),
  verification: { valid: false, reason: 'body_trailing_newline' },
});

/** A folder with an é in its name: a store and a config lie there. */
function makeProject(): CliOptions & { readonly cwd: string } {
  const cwd = join(temporaryFolder(), 'Zoë');
  mkdirSync(cwd);
  fillStore(join(cwd, 'store.db'), [genuine, changed]);
  writeFileSync(join(cwd, '.relyablerc.json'), '{"store":"store.db","forwardTo":"localhost:1/é"}');
  return { cwd, home: cwd, env: { RELYABLE_WEBHOOK_SECRET: SECRET, TZ: 'UTC' } };
}

function run(
  project: CliOptions,
  args: readonly string[],
  locale: Readonly<Record<string, string>>,
): Promise<CliResult> {
  // Its library prints by console.log, which only a process shows.
  const start = args[0] === 'completion' ? spawnCli : runCli;
  return start(args, { ...project, env: { ...project.env, ...locale } });
}

describe('text for people', () => {
  it.each([
    [['webhooks', 'captures', 'list'], 'body_trailing_newline'],
    [
      ['webhooks', 'captures', 'list'],
      '-> 500 12 ms ok signature test_run.completed Z\\u{fc}rich -> \\u{65e5} cap_',
    ],
    [['webhooks', 'captures', 'show', genuine.id], '  | na\\u{ef}ve \\u{1b}[31m'],
    [['webhooks', 'captures', 'show', changed.id], 'POST /\\u{c3}\\u{a9} HTTP/1.1'],
    [['webhooks', 'verify', '--explain'], '<<\\n>>'],
    [['webhooks', 'verify', genuine.id, '--explain', '--framework', 'express'], 'ok cap_'],
    [['webhooks', 'verify', '--help'], 'capture ids (cap_..., last)'],
    [['webhooks', 'listen', '--help'], "listener's URL"],
    [['config'], 'localhost:1/\\u{e9}  '],
    [['open', 'run', 'agent_é/run_é', '--print'], 'agent_%C3%A9/runs/run_%C3%A9'],
    [['webhooks', 'check', '--list'], 'accepts.'],
    [['webhooks', 'trigger', '--list'], 'test_run.completed'],
    [['webhooks', 'captures', 'prune', '--keep', '5'], 'removed 0 captures'],
  ])('%j in C is what it is in UTF-8, with words for marks', async (args, words) => {
    const project = makeProject();
    const inUtf8 = await run(project, args, UTF8);
    const { code, stdout, stderr } = await run(project, args, C);
    // Columns are padded by their width here.
    const joined = (text: string): string => text.replaceAll(/(?<=\S) +/g, ' ');
    expect(joined(stdout)).toBe(joined(toAscii(inUtf8.stdout)));
    expect(stderr).toBe(toAscii(inUtf8.stderr));
    expect(joined(stdout)).toContain(joined(words));
    expect(code).toBe(inUtf8.code);
  });

  it.each([[{ LANG: 'en_US.ISO-8859-1' }], [{ LC_CTYPE: 'POSIX', LANG: 'C.UTF-8' }]])(
    'is in words under %j',
    async (locale) => {
      const { stdout } = await run(makeProject(), ['webhooks', 'captures', 'list'], locale);
      expect(stdout).toMatch(ASCII);
    },
  );

  it('keeps its marks where nothing says what the locale is', async () => {
    const { stdout } = await run(makeProject(), ['webhooks', 'captures', 'list'], {});
    expect(stdout).toMatch(/→ 500 {3}12 ms {2}✓ signature {2}.*Zürich → 日/);
  });

  it('of errors and hints is in words', async () => {
    const args = ['webhooks', 'verify', 'last', '--signature', 'ab'];
    const { stderr } = await run(makeProject(), args, C);
    expect(stderr).toContain('name the file as ./...');
  });

  it('of trigger, replay and doctor is in words', async () => {
    const app = await startApp((response) => response.writeHead(500).end('naïve'));
    const project = makeProject();
    const to = `${app.port}/é`;
    const one = ['webhooks', 'trigger', 'test_run.failed', '--to', to, '--no-probe'];
    const sent = await run(project, [...one, '--set', 'data.test_run_id=é'], C);
    expect(sent.stdout).toMatch(
      /^x -> 500 .* test_run\.failed {2}\\u\{e9\}.*\n[^|]*\| na\\u\{ef\}ve\n/,
    );
    const many = await run(project, [...one, '--count', '3'], C);
    expect(many.stdout).toMatch(
      /^x 3 requests in .*\n {2}test_run\.failed +3\n {2}-> 500 +3 {2}not/,
    );
    const columns = many.stdout
      .split('\n')
      .slice(1, 3)
      .map((line) => line.indexOf(' 3'));
    expect(columns[0]).toBe(columns[1]);
    const replayed = await run(project, ['webhooks', 'captures', 'replay', 'last', '--to', to], C);
    expect(replayed.stdout).toMatch(/^-> 500 /);
    const examined = await run(project, ['doctor'], C);
    expect(examined.stdout).toMatch(/^ok {4}node/);
    expect(examined.stdout).toContain('Zo\\u{eb}');
    for (const { stdout, stderr } of [sent, many, replayed, examined]) {
      expect(stdout + stderr).toMatch(ASCII);
    }
  });

  it('of check is in words, apart from each other', async () => {
    const { url } = await startHandler('no-content');
    const args = ['webhooks', 'check', url, '--only', 'accepts'];
    const { stdout } = await run(makeProject(), args, C);
    expect(stdout).toContain('\n  x ! ! ! ! ! x ! ! ! ! ! x ');
    expect(stdout).toContain('x error  ');
    expect(stdout).toMatch(/ \| \d+ of \d+ checks passed/);
    expect(stdout).toMatch(ASCII);
  });

  it('of init is in words', async () => {
    const project = makeProject();
    writeFileSync(join(project.cwd, 'é.json'), '{}');
    const args = ['init', '--yes', '--config', 'é.json'];
    const { stdout } = await run(project, args, C);
    expect(stdout).toMatch(/^\\u\{e9\}\.json: was there already/);
    expect(stdout).toMatch(ASCII);
  });

  it('of emulate and logs is in words', async () => {
    const app = await startApp((response) => response.writeHead(500).end('naïve'));
    const env = { ...C, RELYABLE_API_KEY: 'rk_live_0123456789abcdef' };
    const args = ['webhooks', 'emulate', '--port', '0', '--speed', 'instant'];
    const emulator = startCli([...args, '--endpoint', String(app.port)], { env });
    const send = await emulator.nextErrorLine((line) => line.includes('send:'));
    await fetch(/http:\S+/.exec(send)?.[0] ?? '', {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
    });
    await emulator.nextErrorLine((line) => line.includes('mail: Relyable would send'));
    const api = ['--api-url', send.replace(/^.*(http:.*\/api)\/.*$/, '$1')];
    const logs = await runCli(['webhooks', 'logs', 'list', '--attempts', ...api], { env });
    emulator.child.kill('SIGINT');
    for (const { stdout, stderr } of [logs, await emulator.done]) {
      expect(stdout).toMatch(/x 500 /);
      expect(stdout + stderr).toMatch(ASCII);
    }
  });
});

describe('what other programs read', () => {
  it.each([
    [['webhooks', 'captures', 'list', '--json']],
    [['webhooks', 'captures', 'show', genuine.id, '--raw']],
    [['webhooks', 'captures', 'show', changed.id, '--raw']],
    ...['ndjson', 'http', 'har', 'curl', 'vitest', 'pytest'].map((format) => [
      ['webhooks', 'captures', 'export', '--all', '--format', format],
    ]),
    [['webhooks', 'verify', '--json']],
    [['webhooks', 'trigger', 'all', '--print', 'curl', '--seed', '1', '--wire', 'compact']],
    [['webhooks', 'trigger', 'all', '--print', 'http', '--set', 'data.agent_id=é']],
    [['webhooks', 'captures', 'path']],
    [['config', 'get', 'store']],
    [['config', 'path']],
    [['config', '--json']],
    [['completion', 'bash']],
  ])('%j is the same in both', async (args) => {
    const project = makeProject();
    const pinned = args.includes('trigger') ? [...args, '--timestamp', 'sample'] : args;
    const inUtf8 = await run(project, pinned, UTF8);
    const { code, stdout } = await run(project, pinned, C);
    expect(stdout).toBe(inUtf8.stdout);
    expect(stdout).not.toBe('');
    expect(code).toBe(inUtf8.code);
  });

  it.each(['junit', 'tap', 'github', 'markdown'])(
    'a %s report is the same in both',
    async (name) => {
      const { url } = await startHandler('no-content');
      const args = ['webhooks', 'check', url, '--only', 'idempotency,accepts', '--reporter', name];
      const reports = [];
      for (const locale of [UTF8, C]) {
        const { stdout } = await run(makeProject(), [...args, '--seed', '5'], locale);
        reports.push(stdout.replace(/\d+(\.\d+)?( ms|")/g, '0$2'));
      }
      expect(reports[1]).toBe(reports[0]);
    },
  );
});
