import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { rolldown } from 'rolldown';
import { expect, it, onTestFinished } from 'vitest';
import { signedParts, TEST_SECRET } from '../../src/library/testing.ts';
import { expectGradeA } from '../support/check-grade.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';

/** The program of Cloudflare's runtime; undefined where there is none for this platform. */
function findWorkerd(): string | undefined {
  try {
    return (createRequire(import.meta.url)('workerd') as { default: string }).default;
  } catch {
    if (process.env['RELYABLE_REQUIRE_STACKS'] === '1') throw new Error('workerd is not installed');
    return undefined;
  }
}

/** A module worker with the built library, as a bundler makes it. */
const WORKER = `
import { env, waitUntil } from 'cloudflare:workers';
import { webhookHandler } from ${JSON.stringify(join(ROOT, 'packages/webhooks/dist/fetch.mjs'))};

const handled = [];
const receive = webhookHandler({ secret: env.RELYABLE_WEBHOOK_SECRET, waitUntil })
  .on('test_run.failed', async (event) => {
    event.ack();
    await scheduler.wait(1);
    handled.push(event.event);
  })
  .otherwise(async ({ event }) => {
    await scheduler.wait(1);
    handled.push(event);
  });

export default {
  fetch: (request) => (request.method === 'GET' ? Response.json(handled) : receive(request)),
};
`;

const CONFIG = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2025-09-01",
  bindings = [(name = "RELYABLE_WEBHOOK_SECRET", text = "${TEST_SECRET}")],
);
`;

async function startWorker(workerd: string): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'source.mjs'), WORKER);
  const bundle = await rolldown({
    input: join(folder, 'source.mjs'),
    platform: 'neutral',
    external: ['cloudflare:workers'],
  });
  await bundle.write({ file: join(folder, 'worker.mjs'), format: 'es' });
  writeFileSync(join(folder, 'config.capnp'), CONFIG);
  const child = spawn(workerd, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = (await once(createInterface({ input: child.stdio[3] as Readable }), 'line')) as [
    string,
  ];
  return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}/`;
}

const workerd = findWorkerd();

it.skipIf(workerd === undefined)(
  'the handler for fetch gets grade A in workerd, and waitUntil keeps its work alive',
  async () => {
    const url = await startWorker(workerd!);
    await expectGradeA(url, TEST_SECRET);
    const parts = signedParts('test_run.failed', {}, { seed: 1 });
    expect((await fetch(url, { method: 'POST', ...parts })).status).toBe(200);
    const handled = async (): Promise<unknown> => (await fetch(url)).json();
    await expect.poll(handled).toContain('test_run.failed');
    expect(await handled()).toContain('test_run.archived');
  },
);
