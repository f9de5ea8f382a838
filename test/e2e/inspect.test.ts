import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { spawnCli, startCli } from '../support/cli.ts';

const isReady = (line: string): boolean => line.includes('"type":"ready"');

test('inspect serves the page until Ctrl-C, and then ends with 0', async () => {
  const cli = startCli(['webhooks', 'inspect', '--json', '--port', '0']);
  const ready = JSON.parse(await cli.nextLine(isReady)) as { url: string };
  expect(ready).toMatchObject({ type: 'ready', v: 1, store: expect.stringContaining(cli.home) });
  const { origin, searchParams } = new URL(ready.url);
  const headers = { Authorization: `Bearer ${searchParams.get('token') ?? ''}` };
  const state = await fetch(`${origin}/api/state`, { headers });
  expect(await state.json()).toMatchObject({ type: 'state', hasApi: false });
  expect((await fetch(`${origin}/page.js`)).status).toBe(200);
  cli.child.kill('SIGINT');
  const { code, stdout } = await cli.done;
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
});

test('a port in use ends inspect and listen --inspect with 4', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await new Promise((resolve) => holder.once('listening', resolve));
  const port = String((holder.address() as AddressInfo).port);
  const [inspect, listen] = await Promise.all([
    spawnCli(['webhooks', 'inspect', '--port', port]),
    spawnCli(['webhooks', 'listen', '--port', '0', '--inspect', port]),
  ]);
  for (const { code, stderr } of [inspect, listen]) {
    expect(stderr).toContain(port);
    expect(code).toBe(4);
  }
});

test('listen --inspect serves the page on a port of its own', async () => {
  const cli = startCli(['webhooks', 'listen', '--json', '--port', '0', '--inspect', '0']);
  const ready = JSON.parse(await cli.nextLine(isReady)) as { url: string; inspectUrl: string };
  expect(new URL(ready.inspectUrl).port).not.toBe(new URL(ready.url).port);
  expect((await fetch(ready.inspectUrl, { redirect: 'manual' })).status).toBe(303);
  // Not on the listener's own port, which a tunnel shows to everyone.
  expect((await fetch(new URL('/page.js', ready.url))).status).toBe(405);
  cli.child.kill('SIGINT');
  expect((await cli.done).code).toBe(0);
});
