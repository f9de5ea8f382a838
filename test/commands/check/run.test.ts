import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listen } from '../../pipeline/world.ts';
import { startApp } from '../../support/app.ts';
import { startCli, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import { reservePort } from '../../support/reserve-port.ts';
import {
  HANDLER_SECRET,
  handlerCommand,
  type HandlerName,
  startHandler,
} from '../../support/handlers.ts';
import { junitProblems } from '../../support/junit-schemas.ts';

const env = { RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET };

function jsonLines(text: string): Array<Record<string, unknown>> {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('relyable webhooks check', () => {
  test('ends with 0 for a handler without findings', async () => {
    const { url } = await startHandler('node-http');
    const { code, stdout, stderr } = await runCli(['webhooks', 'check', url], { env });
    expect(stdout).toContain('grade A · 66 of 66 checks passed, 0 errors, 0 warnings');
    expect(stderr).toBe(`66 checks against ${url}\n`);
    expect(code).toBe(0);
  });

  test('says what was sent, the result, why and how to fix it, and how to repeat it', async () => {
    const { url } = await startHandler('no-content');
    const args = ['webhooks', 'check', url, '--seed', '5'];
    const { code, stdout } = await runCli(args, { env });
    expect(code).toBe(1);
    expect(stdout).toContain('error  the answer is not 200');
    expect(stdout).toMatch(/sent\s+4 ×|sent\s+test_run\.completed as compact JSON/);
    expect(stdout).toMatch(/result expected 200, got 204/);
    expect(stdout).toMatch(/why\s+Relyable counts only 200 as delivered/);
    expect(stdout).toMatch(/fix\s+answer with `reply\.code\(200\)/);
    expect(stdout).toMatch(/see\s+docs\/recipes\/fastify\.mjs/);
    const again = /again {2}(relyable .*)/.exec(stdout)?.[1] ?? '';
    expect(again).toBe(`relyable webhooks check ${url} --only answers.status --seed 5`);

    const repeated = await runCli([...again.split(' ').slice(1), '--json'], { env });
    expect(repeated.code).toBe(1);
    expect(jsonLines(repeated.stdout)).toMatchObject([
      {
        type: 'check',
        v: 1,
        id: 'answers.status',
        outcome: 'failed',
        finding: { topic: 'not-200', severity: 'error' },
      },
      { type: 'summary', v: 1, url, seed: 5, grade: 'D', errors: 1, warnings: 0, total: 1 },
    ]);
  });

  test('repeats a case with the options that it was sent with', async () => {
    const app = await startApp();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ours.json'), JSON.stringify({ profiles: { ci: {} } }));
    const options = ['--config', 'ours.json', '--profile', 'ci', '--timeout', '3s'];
    const headers = ['-H', 'X-Env: a b', '-H', 'Authorization: Bearer hidden'];
    const args = ['check', app.url, '--only', 'refuses.body', '--seed', '1'];
    const { stdout } = await runCli(['webhooks', ...args, ...options, ...headers], { env, cwd });
    expect(/again {2}(relyable .*)/.exec(stdout)?.[1]).toBe(
      `relyable webhooks check ${app.url}/ --only refuses.body --seed 1 --config ours.json ` +
        `--profile ci -H 'X-Env: a b' -H "Authorization: $AUTHORIZATION" --timeout 3000ms`,
    );
    expect(stdout).not.toContain('hidden');
  });

  test('counts warnings only on demand', async () => {
    const { url } = await startHandler('parsed-json');
    const plain = await runCli(['webhooks', 'check', url, '--only', 'accepts'], { env });
    expect(plain.code).toBe(0);
    const args = ['webhooks', 'check', url, '--only', 'accepts', '--fail-on', 'warning'];
    const strict = await runCli([...args, '--bail', '--json'], { env });
    expect(strict.code).toBe(1);
    const outcomes = jsonLines(strict.stdout).map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 3)).toEqual(['passed', 'failed', 'skipped']);
  });

  test('sends the same bytes for the same seed, others for another', async () => {
    const app = await startApp();
    const bodies = async (seed: string): Promise<string[]> => {
      const before = app.received.length;
      await runCli(['webhooks', 'check', app.url, '--only', 'accepts', '--seed', seed], { env });
      const posts = app.received.slice(before).filter(({ method }) => method === 'POST');
      return posts.map(({ body }) => body.toString('utf8'));
    };
    const first = await bodies('7');
    expect(await bodies('7')).toEqual(first);
    const other = await bodies('8');
    expect(other).toHaveLength(first.length);
    expect(other.filter((body) => first.includes(body))).toEqual([]);
    // Every event is one of its own.
    expect(new Set(first).size).toBe(first.length);
  });

  test('writes several reports at once', async () => {
    const { url } = await startHandler('no-verification');
    const folder = temporaryFolder();
    const summary = join(folder, 'summary.md');
    const { code, stdout } = await runCli(
      [
        'webhooks',
        'check',
        url,
        '--badge=badge.json',
        ...'--only refuses --seed 1 --reporter pretty --reporter github'.split(' '),
        ...'--reporter junit=out.xml --reporter tap=out.tap'.split(' '),
        ...'--reporter markdown=out.md --reporter json=out.ndjson'.split(' '),
      ],
      { env: { ...env, GITHUB_STEP_SUMMARY: summary }, cwd: folder },
    );
    expect(code).toBe(1);
    expect(stdout).toContain('grade F · 0 of 19 checks passed');
    expect(stdout).toContain(
      '::error title=a forged request is accepted::cases: refuses.body, refuses.signature',
    );
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(read('out.xml')).toContain('<testsuites tests="19" failures="13"');
    expect(junitProblems(read('out.xml'))).toEqual([]);
    expect(read('out.tap')).toMatch(/^TAP version 14\n1\.\.19\nnot ok 1 - refuses\.body /);
    expect(read('out.tap')).toMatch(/^not ok \d+ - refuses\.uppercase .* # TODO a warning$/m);
    expect(read('out.md')).toContain(
      '| ❌ | a forged request is accepted | `refuses.body` and 17 more',
    );
    expect(jsonLines(read('out.ndjson'))).toHaveLength(20);
    expect(read('summary.md')).toBe(read('out.md'));
    expect(JSON.parse(read('badge.json'))).toEqual({
      schemaVersion: 1,
      label: 'relyable webhooks',
      message: 'F 0/19',
      color: 'red',
    });
  });

  test('lists its cases', async () => {
    const { code, stdout } = await runCli(['webhooks', 'check', '--list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^accepts\.test_run\.completed\.compact +error +accepts test_run/);
    const json = await runCli(['webhooks', 'check', '--list', '--json']);
    expect(jsonLines(json.stdout)).toHaveLength(69);
  });

  test('never shows the secret, even when the handler does', async () => {
    const app = await startApp((response) => response.end(`secret: ${HANDLER_SECRET}`));
    const args = ['webhooks', 'check', app.url, '--only', 'answers.secret'];
    const pretty = await runCli(args, { env });
    const json = await runCli([...args, '--json'], { env });
    expect(pretty.stdout).toContain('the answer holds the signing secret');
    expect(pretty.stdout).toContain('secret: [signing secret]');
    expect(pretty.stdout + pretty.stderr + json.stdout).not.toContain(HANDLER_SECRET);
  });

  test('shows answers without the control characters in them', async () => {
    const app = await startApp((response) => {
      response.statusCode = 500;
      response.end('\u001b]0;owned\u0007 \u202e');
    });
    const { stdout } = await runCli(['webhooks', 'check', app.url, '--only', 'refuses.body'], {
      env,
    });
    expect(stdout).toContain('\\u{1b}]0;owned\\u{7} \\u{202e}');
  });

  test('names the case during which the app went away, and skips the rest', async () => {
    let count = 0;
    const app = await startApp((response, { method }) => {
      if (method === 'POST') count += 1;
      // Five requests tell what the app is like, one is the first case.
      if (count < 7) response.end('OK');
      else {
        response.destroy();
        void app.close();
      }
    });
    const args = ['webhooks', 'check', app.url, '--only', 'accepts', '--json'];
    const { code, stdout } = await runCli(args, { env });
    expect(code).toBe(1);
    const lines = jsonLines(stdout);
    expect(lines[1]).toMatchObject({ outcome: 'failed', finding: { topic: 'no-answer' } });
    expect(lines[2]).toMatchObject({
      outcome: 'skipped',
      skipReason: 'your app stopped listening during accepts.test_run.completed.spaced',
    });
  });
});

describe('what check refuses', () => {
  test.for([
    [['http://example.com/hook'], 2, '--allow-remote'],
    [[], 2, 'relyable webhooks check 3000/webhooks/relyable'],
    [[], 2, 'no forwardTo in a config file'],
    [['ftp://x'], 2, 'error: url: expected a URL or port'],
    [['3000', '4000'], 2, 'starts your app after --'],
    [['3000', '--only', 'refuses.mising'], 2, 'did you mean refuses.missing?'],
    [['3000', '--reporter', 'xml'], 2, ''],
    [['3000', '--reporter', 'junit='], 2, ''],
    [['3000', '--reporter', 'junit', '--reporter', 'tap'], 2, '--reporter junit=report.txt'],
    [['3000', '--json', '--reporter', 'pretty'], 2, '--reporter pretty=report.txt'],
    [['3000', '--idempotency'], 2, '--state-url 3000/state'],
    [['3000', '--fail-on', 'nothing'], 2, ''],
  ] as const)('%s', async ([args, exitCode, hint]) => {
    const { code, stdout, stderr } = await runCli(['webhooks', 'check', ...args], { env });
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(/^error: |^{"type":"error"/m);
    expect(stderr).toContain(hint);
  });

  test('without a URL, a handler of the config that is not there', async () => {
    const cwd = temporaryFolder();
    const port = await reservePort();
    writeFileSync(join(cwd, '.relyablerc.json'), JSON.stringify({ forwardTo: port }));
    const { code, stderr } = await runCli(['webhooks', 'check'], { env, cwd });
    expect(code).toBe(4);
    expect(stderr).toContain(`nothing listens on localhost:${port}`);
  });

  test('a handler that is not there', async () => {
    const port = await reservePort();
    const { code, stderr } = await runCli(['webhooks', 'check', String(port)], { env });
    expect(code).toBe(4);
    expect(stderr).toContain(`nothing listens on localhost:${port}`);
  });
});

describe('check --idempotency', () => {
  const probe = async (name: HandlerName): Promise<Awaited<ReturnType<typeof runCli>>> => {
    const { url, origin } = await startHandler(name);
    const args = ['webhooks', 'check', url, '--idempotency', '--state-url', `${origin}/state`];
    return runCli([...args, '--settle', '10ms', '--json'], { env });
  };

  test.for(['express', 'fastify', 'hono', 'node-http'] as const)(
    'finds nothing in %s, which remembers events',
    async (name) => {
      const { code, stdout } = await probe(name);
      expect(jsonLines(stdout)).toMatchObject([
        { id: 'idempotency.repeats', outcome: 'passed' },
        { id: 'idempotency.simultaneous', outcome: 'passed' },
        { id: 'idempotency.forged', outcome: 'passed' },
        { grade: 'A' },
      ]);
      expect(code).toBe(0);
    },
  );

  test('finds the double effect of a handler that does not', async () => {
    const { code, stdout } = await probe('no-dedupe');
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([
      {
        id: 'idempotency.repeats',
        finding: {
          topic: 'double-effect',
          message:
            'expected one effect, got more: {"effects":4} → {"effects":5} after the event → {"effects":7} after its repeats',
        },
      },
      { id: 'idempotency.simultaneous', finding: { topic: 'double-effect' } },
      { id: 'idempotency.forged', outcome: 'passed' },
      { grade: 'C' },
    ]);
  });

  test('finds the effect of a forged event on a handler that verifies too late', async () => {
    const { code, stdout } = await probe('verify-late');
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([
      { id: 'idempotency.repeats', outcome: 'passed' },
      { id: 'idempotency.simultaneous', outcome: 'passed' },
      { id: 'idempotency.forged', finding: { topic: 'forged-effect', severity: 'error' } },
      { grade: 'F' },
    ]);
  });

  test('warns of a state that no event changes', async () => {
    const { url } = await startHandler('node-http');
    const args = ['webhooks', 'check', url, '--only', 'idempotency.repeats', '--settle', '0'];
    const { code, stdout } = await runCli([...args, '--state-command', 'echo same', '--json'], {
      env,
    });
    expect(code).toBe(0);
    expect(jsonLines(stdout)[0]).toMatchObject({
      finding: { topic: 'state-blind', severity: 'warning' },
    });
  });

  test('is an error when the state cannot be read', async () => {
    const { url } = await startHandler('node-http');
    const args = ['webhooks', 'check', url, '--idempotency', '--state-command', 'exit 3'];
    const { code, stderr } = await runCli(args, { env });
    expect(code).toBe(2);
    expect(stderr).toContain('--state-command exit 3');
  });
});

describe('check -- <command>', () => {
  test('starts the app, checks it and ends it', async () => {
    const port = await reservePort();
    const [node, file] = handlerCommand('node-http');
    const args = ['webhooks', 'check', `${port}/webhooks/relyable`, '--', node, file];
    // No secret is set: the app is given the development secret.
    const { code, stdout, stderr } = await runCli(args);
    expect(stdout).toContain('grade A');
    expect(stderr).toContain(`[app] ready ${port}\n`);
    expect(code).toBe(0);
    const after = await runCli(['webhooks', 'check', String(port)]);
    expect(after.code).toBe(4);
  });

  test('passes the exit code of an app on that ends before it listens', async () => {
    const port = await reservePort();
    const app = [process.execPath, '-e', 'console.error("no database"); process.exit(9)'];
    const { code, stderr } = await runCli(['webhooks', 'check', String(port), '--', ...app]);
    expect(code).toBe(9);
    expect(stderr).toContain('[app] no database');
    expect(stderr).toContain(
      `expected the app to listen on localhost:${port}, but it ended with exit code 9`,
    );
  });

  test('does not take another app on the port for its own', async () => {
    const app = await startApp();
    const args = ['webhooks', 'check', app.url, '--', process.execPath, '-e', '0'];
    const { code, stderr } = await runCli(args);
    expect(code).toBe(4);
    expect(stderr).toContain('something listens there already');
  });

  test('ends the app when it is stopped itself', async () => {
    const port = await reservePort();
    const script = `process.on('SIGINT', () => { console.log('app got SIGINT'); process.exit(0); });
      require('node:http').createServer(() => {}).listen(${port}, () => console.log('up'))`;
    const cli = startCli(['webhooks', 'check', String(port), '--', process.execPath, '-e', script]);
    // It listens and never answers.
    await cli.nextErrorLine((line) => line.includes('checks against'));
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.done;
    expect(code).toBe(130);
    expect(stderr).toContain('[app] app got SIGINT');
  });
});

describe('a listener in front of the app', () => {
  test('is refused, and the app behind it is named', async () => {
    const { receiver, world } = await listen({ to: 'http://127.0.0.1:9/hook' });
    const { code, stdout, stderr } = await runCli(['webhooks', 'check', receiver.url], { env });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('it forwards to http://127.0.0.1:9/hook');
    expect(stderr).toContain('hint: relyable webhooks check http://127.0.0.1:9/hook');
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
  });

  test('is refused without an app', async () => {
    const { receiver } = await listen();
    const { code, stderr } = await runCli(['webhooks', 'check', receiver.url], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('it forwards to no app');
  });
});
