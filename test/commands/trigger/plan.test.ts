import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTargetUrl } from '../../../src/config/values.ts';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { startApp } from '../../support/app.ts';
import { startCli, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import { startPtyCli } from '../../support/pty.ts';
import { ENV, isSigned, SECRET, startStatusApp, trigger } from '../../support/trigger.ts';

describe('retries and repeats', () => {
  it('retries the same bytes until 200', async () => {
    let count = 0;
    const app = await startApp((response) => {
      count += 1;
      response.statusCode = count < 3 ? 503 : 200;
      response.end();
    });
    const args = ['test_run.failed', '--to', app.url, '--retry', '--speed', 'instant'];
    const { code, stdout } = await trigger(args);
    expect(code).toBe(0);
    expect(stdout).toContain('attempt 2 of 5, in production: 1m 00s after the first');
    expect(stdout).toContain('attempt 3 of 5, in production: 6m 00s after the first');
    expect(new Set(app.received.map(({ body }) => body.toString())).size).toBe(1);
    expect(app.received).toHaveLength(3);
  });

  it('says when Relyable gives up', async () => {
    const app = await startStatusApp();
    const args = ['test_run.failed', '--to', `${app.url}/500`, '--retry', '--speed', 'instant'];
    const { code, stderr } = await trigger(args);
    expect(code).toBe(1);
    expect(stderr).toContain('after 5 attempts Relyable marks the delivery as failed');
    expect(app.received).toHaveLength(5);
  });

  it('ends at once on Ctrl-C while it waits', async () => {
    const app = await startStatusApp();
    const args = ['webhooks', 'trigger', 'all', '--to', `${app.url}/500`, '--retry'];
    const cli = startCli(args, { env: ENV, stdin: '' });
    await cli.nextErrorLine((line) => line.includes('waiting 1m 00s'));
    cli.child.kill('SIGINT');
    expect((await cli.done).code).toBe(130);
    expect(app.received).toHaveLength(1);
  });

  it('repeats the same bytes', async () => {
    const app = await startApp();
    const args = ['test_run.failed', '--to', app.url, '--duplicate', '2'];
    expect(await trigger(args)).toMatchObject({ code: 0 });
    expect(new Set(app.received.map(({ body }) => body.toString())).size).toBe(1);
    expect(app.received).toHaveLength(3);
  });
});

describe('many', () => {
  it('sends events of their own, all signed', async () => {
    const app = await startApp();
    const args = ['all', '--to', app.url, '--count', '200', '--concurrency', '16', '--json'];
    const { code, stdout } = await trigger(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'summary',
      v: 1,
      sent: 200,
      delivered: 200,
      failed: 0,
      statuses: { '200': 200 },
      byEvent: Object.fromEntries(EVENT_TYPES.map((type) => [type, 50])),
      endedBy: null,
    });
    expect(app.received.every((received) => isSigned(received))).toBe(true);
    expect(new Set(app.received.map(({ body }) => body.toString())).size).toBe(200);
  });

  it('gives times to the microsecond', async () => {
    const app = await startApp();
    const { stdout } = await trigger(['all', '--to', app.url, '--count', '1', '--json']);
    expect(stdout).toMatch(/"latencyMs":\{"p50":\d/);
    expect(stdout).not.toMatch(/\.\d{4}/);
  });

  it('ends with 1 when some answers differ', async () => {
    let count = 0;
    const app = await startApp((response) => {
      count += 1;
      response.statusCode = count % 2 === 0 ? 202 : 200;
      response.end();
    });
    const args = ['test_run.failed', '--to', app.url, '--count', '10'];
    const { code, stdout, stderr } = await trigger(args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/→ 202 +5 +not as expected/);
    expect(stderr).toContain('counts only 200');
  });

  it('ends with 4 and early where nothing listens', async () => {
    const app = await startApp();
    await app.close();
    const args = ['all', '--to', app.url, '--count', '100000', '--concurrency', '8'];
    const { code, stderr } = await trigger(args);
    expect(code).toBe(4);
    expect(stderr).toContain('stopped early');
  });

  it('prints the summary on Ctrl-C and ends with 130', async () => {
    const app = await startApp();
    const args = ['webhooks', 'trigger', 'all', '--to', app.url, '--count', '100000000', '--json'];
    const cli = startCli(args, { env: ENV, stdin: '' });
    await app.waitFor(50);
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.done;
    expect(code).toBe(130);
    const summary = JSON.parse(stdout) as { sent: number; failed: number; endedBy: string };
    expect(summary).toMatchObject({ failed: 0, endedBy: 'interrupt' });
    expect(summary.sent).toBeGreaterThanOrEqual(49);
  });

  it('shows progress on a terminal and leaves the summary', async () => {
    const app = await startApp();
    const args = ['webhooks', 'trigger', 'all', '--to', app.url, '--count', '5000'];
    const cli = startPtyCli([...args, '--concurrency', '4'], { env: ENV });
    await cli.waitFor('of 5,000 sent');
    await cli.waitFor('5,000 requests');
    expect(await cli.exitCode).toBe(0);
  });

  it('ends on a terminal of 0 columns, without progress', async () => {
    const app = await startApp();
    const args = ['webhooks', 'trigger', 'all', '--to', app.url, '--count', '50'];
    const cli = startPtyCli(args, { env: ENV, script: 'stty cols 0 rows 0; exec "$@"' });
    await cli.waitFor('sending 50 requests');
    await cli.waitFor('50 requests');
    expect(await cli.exitCode).toBe(0);
    expect(cli.screen().length).toBeLessThan(2000);
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ])('paints the progress under %j: %s', async (env, isPainted) => {
    const app = await startApp();
    const args = ['webhooks', 'trigger', 'all', '--to', app.url, '--count', '10'];
    const cli = startPtyCli(args, { env: { ...ENV, ...env } });
    await cli.waitFor('10 requests');
    // oxlint-disable-next-line no-control-regex
    expect(/\u001B\[36m.\u001B\[39m/u.test(cli.screen())).toBe(isPainted);
  });
});

describe('--print and --dry-run', () => {
  const args = ['test_run.failed', '--timestamp', 'sample'];

  it('send nothing and show the signature, never the secret', async () => {
    const app = await startApp();
    for (const form of [
      ['--dry-run'],
      ['--print', 'curl'],
      ['--print', 'json'],
      ['--print', 'http'],
    ]) {
      const { code, stdout, stderr } = await trigger([...args, '--to', app.url, ...form]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/[0-9a-f]{64}/);
      expect(`${stdout}${stderr}`).not.toContain(SECRET);
    }
    expect(app.received).toHaveLength(0);
  });

  it.each(['curl', 'http'])('is not JSON as %s, so --json is refused', async (form) => {
    const { code, stdout, stderr } = await trigger([...args, '--print', form, '--json']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`--json: a request as ${form} is not JSON`);
  });

  it('print the message to the byte', async () => {
    const { stdout } = await trigger([...args, '--to', '3000/hook?x=1', '--print', 'http']);
    const [head = '', body = ''] = stdout.split('\r\n\r\n');
    expect(head.split('\r\n').slice(0, 2)).toEqual([
      'POST /hook?x=1 HTTP/1.1',
      `Host: ${parseTargetUrl('3000', '').host}`,
    ]);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    const file = join(temporaryFolder(), 'request.http');
    writeFileSync(file, stdout);
    const verified = await runCli(['webhooks', 'verify', file], { env: ENV });
    expect(verified).toMatchObject({ code: 0 });
  });

  it('need no target', async () => {
    const { code, stdout } = await trigger([...args, '--print', 'curl']);
    expect(code).toBe(0);
    expect(stdout).toContain("'http://127.0.0.1:4400/'");
  });
});
