import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { type RunningCli, startCli } from '../support/cli.ts';
import { ngrokStandIn } from '../support/ngrok-stand-in.ts';

interface Listening extends RunningCli {
  /** Kills the stand-in, as when its connection is lost for good. */
  lose(): void;
}

function listen(...args: string[]): Listening {
  const { env, lose } = ngrokStandIn();
  const cli = startCli(['webhooks', 'listen', '--port=0', '--tunnel=ngrok', ...args], { env });
  return { ...cli, lose };
}

it('reports an address that changed as an event and as a block that cannot be missed', async () => {
  const { nextErrorLine, lose, child, done } = listen();
  const reached = await nextErrorLine((line) => line.includes('reached at'));
  const before = /http:\S+/.exec(reached)?.[0] ?? '';
  lose();
  await nextErrorLine((line) => line.includes('is down'));
  await nextErrorLine((line) => line === 'THE PUBLIC ADDRESS HAS CHANGED');
  await nextErrorLine((line) => line === `Relyable still sends to ${before}`);
  child.kill('SIGINT');
  expect((await done).code).toBe(0);
});

/** Asks a page for the public address that it shows. */
function addressShown(pageUrl: string): () => Promise<unknown> {
  const { origin, searchParams } = new URL(pageUrl);
  const headers = { Authorization: `Bearer ${searchParams.get('token') ?? ''}` };
  return async () => {
    const state = await fetch(`${origin}/api/state`, { headers });
    return ((await state.json()) as { publicAddress: unknown }).publicAddress;
  };
}

it('shows the address in an inspector of its own, and follows it', async () => {
  const listener = listen('--json');
  const isReady = (line: string): boolean => line.includes('"ready"');
  const { publicUrl } = JSON.parse(await listener.nextLine(isReady)) as { publicUrl: string };
  const inspect = startCli(['inspect', '--json', '--port=0'], { home: listener.home });
  const shown = addressShown((JSON.parse(await inspect.nextLine(isReady)) as { url: string }).url);
  expect(await shown()).toEqual({
    url: publicUrl,
    provider: 'ngrok',
    isUp: true,
    message: null,
  });
  listener.lose();
  await expect.poll(shown).toMatchObject({
    url: expect.not.stringContaining(publicUrl) as unknown,
    isUp: true,
  });
  listener.child.kill('SIGINT');
  await listener.done;
  await expect.poll(shown).toBeNull();
});

it('ends with 4 under --exit-on-url-change; the inspector shows the address', async () => {
  const { nextLine, lose, done } = listen('--exit-on-url-change', '--json', '--inspect=0');
  const ready = JSON.parse(await nextLine((line) => line.includes('"ready"'))) as {
    publicUrl: string;
    inspectUrl: string;
  };
  const shown = addressShown(ready.inspectUrl);
  const up = { url: ready.publicUrl, provider: 'ngrok', isUp: true, message: null };
  await expect.poll(shown).toEqual(up);
  lose();
  const changed = JSON.parse(await nextLine((line) => line.includes('"changed"'))) as {
    url: string;
  };
  expect(changed.url).not.toBe(ready.publicUrl);
  expect((await done).code).toBe(4);
});

it('takes over the secret of the dashboard while it runs, and marks what came through the tunnel', async () => {
  const { nextLine, nextErrorLine, home, child, done } = listen('--json');
  await nextErrorLine((line) => line.includes('its events will fail verification'));
  await nextErrorLine((line) => line.includes('write the secret shown there to .env;'));
  const next = async (type: string): Promise<Record<string, unknown>> =>
    JSON.parse(await nextLine((line) => line.startsWith(`{"type":"${type}"`))) as Record<
      string,
      unknown
    >;
  const { publicUrl } = await next('ready');
  writeFileSync(join(home, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_dashboard\n');
  expect(await next('secret_changed')).toEqual({
    type: 'secret_changed',
    v: 1,
    secretSource: 'RELYABLE_WEBHOOK_SECRET in .env',
    previousSource: 'the development secret',
  });
  const signature = signPayload(Buffer.from('{}'), 'whsec_dashboard');
  const headers = { 'X-Relyable-Signature': signature };
  await fetch(String(publicUrl), { method: 'POST', body: '{}', headers });
  expect(await next('delivery')).toMatchObject({
    signature: { valid: true },
    source: 'tunnel',
    client: { address: '203.0.113.7', reportedBy: 'ngrok' },
  });
  child.kill('SIGINT');
  const { code, stdout, stderr } = await done;
  expect(code).toBe(0);
  expect(`${stdout}${stderr}`).not.toContain('whsec_dashboard');
});
