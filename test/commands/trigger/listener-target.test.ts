import { describe, expect, it, onTestFinished } from 'vitest';
import { announceListener } from '../../../src/commands/kit/running-listeners.ts';
import { listen } from '../../pipeline/world.ts';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import { join } from 'node:path';

/** The listener and trigger have this secret, the app accepts everything unless a test says otherwise. */
const env = { RELYABLE_WEBHOOK_SECRET: 'whsec_pipeline' };

/** A home in which this listener is announced. */
function homeWith(url: string): string {
  const home = temporaryFolder();
  const info = { url, pid: process.pid, startedAt: new Date().toISOString(), publicAddress: null };
  const data = join(home, '.local/share/relyable');
  onTestFinished(announceListener(data, info).withdraw);
  return home;
}

const trigger = (args: readonly string[], home = temporaryFolder()): ReturnType<typeof runCli> =>
  runCli(['webhooks', 'trigger', 'test_run.failed', ...args], { env, home });

describe('--tamper with a listener', () => {
  it('goes to the app behind the listener that was found', async () => {
    const app = await startApp();
    const { receiver, world } = await listen({ to: `${app.url}/hook` });
    const result = await trigger(['--tamper', 'body'], homeWith(receiver.url));
    expect(result.stderr).toContain(`to ${app.url}/hook, the app behind the listener at`);
    expect(result.stdout).toContain(`→ 200`);
    // The app accepted a forged request, and the listener would have hidden it.
    expect(result.code).toBe(1);
    expect(app.received).toHaveLength(1);
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
  });

  it('sends nothing where no app is behind it', async () => {
    const { receiver, world } = await listen();
    const result = await trigger(['--tamper', 'body'], homeWith(receiver.url));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('--tamper proves nothing at');
    expect(result.stderr).toContain('no app is behind it');
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
  });

  it('sends nothing to a listener that --to names, and names the app', async () => {
    const app = await startApp();
    const { receiver } = await listen({ to: `${app.url}/hook` });
    const result = await trigger(['--tamper', 'body', '--to', receiver.url]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`hint: --to ${app.url}/hook tests your app`);
    expect(app.received).toHaveLength(0);
  });

  it('tests the listener itself where the status says so', async () => {
    const { receiver } = await listen({ to: 'http://127.0.0.1:9' });
    const args = ['--tamper', 'body', '--to', receiver.url, '--expect-status', '401'];
    expect((await trigger(args)).code).toBe(0);
  });

  it('goes through a listener that forwards forged requests', async () => {
    const app = await startApp((response) => {
      response.statusCode = 401;
      response.end();
    });
    const { receiver } = await listen({ to: app.url, invalid: 'forward' });
    expect((await trigger(['--tamper', 'body', '--to', receiver.url])).code).toBe(0);
    expect(app.received).toHaveLength(1);
  });
});

describe('the cause of a refusal through a listener', () => {
  const causeOf = async (url: string): Promise<Record<string, unknown>> => {
    const { stdout } = await trigger(['--to', url, '--json']);
    return (JSON.parse(stdout) as { diagnosis: Record<string, unknown> }).diagnosis;
  };

  it('is looked for at the app', async () => {
    const app = await startApp((response, { headers }) => {
      const signature = String(headers['x-relyable-signature']);
      response.statusCode = signature.startsWith('sha256=') ? 200 : 401;
      response.end();
    });
    const { receiver } = await listen({ to: app.url });
    expect(await causeOf(receiver.url)).toMatchObject({
      to: `${app.url}/`,
      cause: expect.stringContaining('it expects the signature with `sha256=` before it'),
    });
  });

  it('is the listener where the app accepts the event', async () => {
    const app = await startApp();
    const { receiver } = await listen({
      to: app.url,
      secrets: [{ source: 'other', value: 'another secret', role: 'chosen' }],
    });
    expect(await causeOf(receiver.url)).toMatchObject({
      cause: expect.stringContaining('the listener refuses the signature'),
    });
  });

  it('is unknown where no app is behind the listener', async () => {
    const { receiver } = await listen({
      secrets: [{ source: 'other', value: 'another secret', role: 'chosen' }],
    });
    expect(await causeOf(receiver.url)).toEqual({
      probes: [],
      cause: expect.stringMatching(/^unknown: the listener at .* forwards to no app, and answered/),
      fix: 'relyable webhooks check <url of your app> finds out',
    });
  });
});
