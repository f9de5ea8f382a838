import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import {
  spawnCli,
  type CliOptions,
  type RunningCli,
  startCli,
  temporaryFolder,
} from '../../support/cli.ts';
import { reservePort } from '../../support/reserve-port.ts';
import { junitProblems } from '../../support/junit-schemas.ts';

const SECRET = 'whsec_test_listen';
const env = { RELYABLE_WEBHOOK_SECRET: SECRET };

interface Listening extends RunningCli {
  /** Posts a signed event; the status it got. */
  send(event: string, data?: object, secret?: string): Promise<number>;
}

async function listen(args: readonly string[], options: CliOptions = {}): Promise<Listening> {
  const cli = startCli(['webhooks', 'listen', '--port', '0', '--json', ...args], {
    ...options,
    env: { ...env, ...options.env },
  });
  const ready = JSON.parse(await cli.nextLine((line) => line.includes('"ready"'))) as {
    url: string;
  };
  return {
    ...cli,
    send: async (event, data = {}, secret = SECRET) => {
      const body = JSON.stringify({ event, timestamp: '2025-01-16T15:38:00Z', data });
      const signature = createHmac('sha256', secret).update(body).digest('hex');
      const headers = { 'Content-Type': 'application/json', 'X-Relyable-Signature': signature };
      const response = await fetch(ready.url, { method: 'POST', headers, body });
      await response.arrayBuffer();
      return response.status;
    },
  };
}

function lastLine(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

describe('listen --expect', () => {
  test('ends with 0 once everything came, and says so', async () => {
    const listener = await listen(
      ['--expect', 'test_run.completed:2', '--where', 'data.score>=80'],
      {},
    );
    await listener.send('test_run.completed', { score: 90, test_run_id: 'a' });
    await listener.send('test_run.completed', { score: 12, test_run_id: 'b' });
    await listener.send('test_run.completed', { score: 80, test_run_id: 'c' });
    const { code, stdout } = await listener.done;
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatchObject({
      type: 'expectations',
      v: 1,
      met: true,
      expectations: [
        {
          event: 'test_run.completed',
          expected: 2,
          came: 2,
          mismatches: [{ why: 'data.score>=80: it is 12' }],
        },
      ],
    });
  });

  test('ends with 5 at the time limit, naming what came and what did not', async () => {
    const folder = temporaryFolder();
    const summary = join(folder, 'summary.md');
    const listener = await listen(
      ['--expect', 'test_run.completed', '--timeout-after', '3s', '--junit', 'out.xml'],
      { cwd: folder, env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary } },
    );
    expect(await listener.send('test_run.failed')).toBe(200);
    expect(await listener.send('test_run.completed', {}, 'another')).toBe(401);
    const { code, stdout, stderr } = await listener.done;
    expect(code).toBe(5);
    expect(lastLine(stdout)).toMatchObject({
      met: false,
      ending: 'time',
      verdict: 'waiting',
      others: { 'test_run.failed': 1 },
      expectations: [{ came: 0, isMet: false }],
    });
    expect(stderr).toMatch(
      /^::error title=test_run\.completed not as expected::test_run\.completed: expected 1, received 0%0Acap_\w+ did not count: signature not valid/m,
    );
    const junit = readFileSync(join(folder, 'out.xml'), 'utf8');
    expect(junit).toContain('<testsuites tests="1" failures="1"');
    expect(junitProblems(junit)).toEqual([]);
    expect(readFileSync(summary, 'utf8')).toContain('| ❌ | test_run.completed | 1 | 0 |');
  });

  test('ends with 1 as soon as it cannot be met', async () => {
    const listener = await listen(['--expect', 'test_run.completed', '--exit-after', '1']);
    await listener.send('test_run.failed');
    const { code, stdout } = await listener.done;
    expect(code).toBe(1);
    expect(lastLine(stdout)).toMatchObject({
      met: false,
      ending: 'verdict',
      verdict: 'impossible',
      deliveries: 1,
    });
  });

  test('ends with 1 at the time limit if a delivery that came was refused', async () => {
    const listener = await listen(['--timeout-after', '3s', '--junit', 'out.xml']);
    expect(await listener.send('test_run.completed', {}, 'another')).toBe(401);
    const { code, stdout } = await listener.done;
    expect(code).toBe(1);
    expect(lastLine(stdout)).toMatchObject({ ending: 'time', verdict: 'impossible' });
    expect(readFileSync(join(listener.home, 'out.xml'), 'utf8')).toContain(
      '1 delivery; the expectations can no longer be met',
    );
  });

  test('does not count what the app did not answer with 200', async () => {
    const app = await startApp((response) => {
      response.statusCode = 500;
      response.end();
    });
    const listener = await listen(['-f', app.url, '--exit-after', '2']);
    expect(await listener.send('test_run.completed')).toBe(500);
    expect(await listener.send('test_run.failed')).toBe(500);
    const { code, stdout } = await listener.done;
    expect(code).toBe(1);
    expect(lastLine(stdout)).toMatchObject({
      failures: [{ why: 'answered 500' }, { why: 'answered 500' }],
    });
  });

  test('ends as a stopped job when it is interrupted before', async () => {
    const listener = await listen(['--expect', 'test_run.completed']);
    listener.child.kill('SIGTERM');
    const { code, stdout } = await listener.done;
    expect(code).toBe(143);
    expect(lastLine(stdout)).toMatchObject({ met: false, ending: 'signal', verdict: 'waiting' });
  });

  test('for people says it in words', async () => {
    const cli = startCli(
      ['webhooks', 'listen', '--port', '0', '--expect', 'a', '--timeout-after', '10ms'],
      { env },
    );
    const { code, stdout, stderr } = await cli.done;
    expect(code).toBe(5);
    expect(stderr).toContain('warning: --expect: a is not a published event type (test_run.comp');
    expect(stdout).toBe(
      '✗ not as expected: the time limit was reached\n  ✗ a: expected 1, received 0\n',
    );
  });
});

describe('listen -- <command>', () => {
  /** An app that answers with whether it was given the secret. */
  const script = `const { createServer } = require('node:http');
    createServer((request, response) => {
      console.log('got ' + request.headers['x-relyable-signature'].length);
      response.statusCode = process.env.RELYABLE_WEBHOOK_SECRET === '${SECRET}' ? 200 : 500;
      request.resume().on('end', () => response.end());
    }).listen(Number(process.env.PORT), '127.0.0.1');
    process.on('SIGTERM', () => { console.log('app ends'); process.exit(3); });`;

  test('starts the app with its secret and port, and ends both', async () => {
    const port = await reservePort();
    const listener = await listen([
      '-f',
      `${port}/hook`,
      '--expect=test_run.completed',
      '--',
      process.execPath,
      '-e',
      script,
    ]);
    expect(await listener.send('test_run.completed')).toBe(200);
    const { code, stderr } = await listener.done;
    expect(code).toBe(0);
    expect(stderr).toContain('[app] got 64');
    expect(stderr).toContain('[app] app ends');
  });

  test('ends with the app, and passes its exit code on', async () => {
    const port = await reservePort();
    const listener = await listen([
      `--forward-to=${port}`,
      '--',
      process.execPath,
      '-e',
      `require('node:http').createServer((request, response) => {
        response.end(() => process.exit(6));
      }).listen(${port})`,
    ]);
    await listener.send('test_run.completed');
    const { code } = await listener.done;
    expect(code).toBe(6);
  });

  test('the end of stdin ends nothing', async () => {
    const listener = await listen(['--exit-after', '1', '--', process.execPath, '-e', script], {
      stdin: '',
      env: { PORT: '0' },
    });
    expect(await listener.send('test_run.completed')).toBe(200);
    expect((await listener.done).code).toBe(0);
  });

  test('is not ready before the app is', async () => {
    const port = await reservePort();
    const folder = temporaryFolder();
    const gate = join(folder, 'gate');
    const readyFile = join(folder, 'ready');
    const cli = startCli(
      [
        'webhooks',
        'listen',
        '--json',
        '--port=0',
        `--forward-to=${port}`,
        `--ready-file=${readyFile}`,
        '--',
        process.execPath,
        '-e',
        `const { existsSync, writeFileSync } = require('node:fs');
         console.log('waiting');
         const timer = setInterval(() => {
           if (!existsSync(${JSON.stringify(gate)})) return;
           clearInterval(timer);
           require('node:http').createServer().listen(${port}, '::1', () => console.log('open'));
         }, 20);`,
      ],
      { env },
    );
    await cli.nextErrorLine((line) => line === '[app] waiting');
    expect(existsSync(readyFile)).toBe(false);
    writeFileSync(gate, '');
    await cli.nextLine((line) => line.includes('"ready"'));
    cli.child.kill('SIGINT');
    expect((await cli.done).code).toBe(0);
  });
});

test('says under --verbose what holds where nothing is chosen', async () => {
  const args = ['webhooks', 'listen', '--port', '0', '--timeout-after', '1ms', '--verbose'];
  const { stderr } = await spawnCli(args);
  expect(stderr).toContain('forwardTo: (none) (default)\n');
  expect(stderr).toContain('events: all (default)\n');
  expect(stderr).toContain('headers: (none) (default)\n');
  expect(stderr).toContain('invalid: reject (default)\n');
  expect(stderr).toContain('respond: mirror (default)\n');
  expect(stderr).toContain('concurrency: 64 (default)\n');
});

test('says under --verbose where what was chosen came from, of headers the names alone', async () => {
  const cwd = temporaryFolder();
  const config = join(cwd, '.relyablerc.json');
  writeFileSync(config, '{"headers": {"X-Tenant": "hush-1", "X-Env": "hush-2"}}');
  const args = ['webhooks', 'listen', '--port', '0', '--timeout-after', '1ms', '--verbose'];
  const chosen = ['--invalid', 'forward', '--respond', 'ack', '--concurrency', '7'];
  const header = ['-H', 'Authorization: Bearer hush-3', '-H', 'X-Env: hush-4'];
  const { stdout, stderr } = await spawnCli([...args, ...chosen, ...header], { cwd });
  for (const line of [
    `headers: X-Tenant, X-Env (project config ${config}; values not shown)`,
    'headers: Authorization, X-Env (--header; values not shown)',
    'invalid: forward (--invalid)',
    'respond: ack (--respond)',
    'concurrency: 7 (--concurrency)',
  ]) {
    expect(stderr).toContain(`${line}\n`);
  }
  expect(stdout + stderr).not.toContain('hush');
});
