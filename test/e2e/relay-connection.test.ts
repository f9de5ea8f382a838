import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CliResult, spawnCli, startCli, temporaryFolder } from '../support/cli.ts';
import { hasNats, startNats } from '../support/nats.ts';

/** An environment in which these packages are not installed. */
function without(name: RegExp): Readonly<Record<string, string>> {
  const file = join(temporaryFolder(), 'without.cjs');
  writeFileSync(
    file,
    `const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (name, ...rest) => {
      if (!${String(name)}.test(name)) return resolve(name, ...rest);
      throw Object.assign(new Error('Cannot find module ' + name), { code: 'MODULE_NOT_FOUND' });
    };`,
  );
  return { NODE_OPTIONS: `--require=${file}` };
}

const SECRET = { RELYABLE_WEBHOOK_SECRET: 'whsec_connection' };

it('says how to install the optional packages where they are missing', async () => {
  const run = (args: string, missing: RegExp): Promise<CliResult> =>
    spawnCli(`webhooks ${args}`.split(' '), { env: { ...SECRET, ...without(missing) } });
  const url = 'nats://127.0.0.1:1';
  for (const told of await Promise.all([
    run(`relay --nats ${url} --port 0`, /^@nats-io/),
    run(`relay init --nats ${url}`, /^@nats-io/),
    run(`listen --from ${url} --port 0`, /^@nats-io/),
  ])) {
    expect(told.code).toBe(2);
    expect(told.stderr).toContain(
      'error: the optional package @nats-io/transport-node is not installed',
    );
    expect(told.stderr).toContain(
      'hint: npm install --global @nats-io/transport-node@3.3.1 @nats-io/jetstream@3.3.1 prom-client@15',
    );
    expect(told.stderr).not.toContain('    at ');
  }
});

describe.skipIf(!hasNats)('with nats-server', () => {
  it('says that prom-client is missing', async () => {
    const nats = await startNats();
    const { code, stderr } = await spawnCli(
      `webhooks relay --nats ${nats.url} --port 0 --admin-port 0`.split(' '),
      { env: { ...SECRET, ...without(/^prom-client/) } },
    );
    expect(code).toBe(2);
    expect(stderr).toContain('the optional package prom-client is not installed');
  });

  it('ends with 4 where the server stays away for --max-reconnect', async () => {
    const nats = await startNats();
    expect(await spawnCli(['webhooks', 'relay', 'init', '--nats', nats.url])).toMatchObject({
      code: 0,
    });
    const listener = startCli(
      `webhooks listen --from ${nats.url} --as ada --port 0 --max-reconnect 300ms`.split(' '),
      { env: SECRET },
    );
    const relay = startCli(
      `webhooks relay --nats ${nats.url} --port 0 --admin-port 0 --max-reconnect 300ms`.split(' '),
      { env: SECRET },
    );
    await Promise.all([
      listener.nextErrorLine((line) => line.startsWith('reading from the relay')),
      relay.nextErrorLine((line) => line.startsWith('  health and metrics at')),
    ]);
    await nats.kill();
    for (const { code, stderr } of await Promise.all([listener.done, relay.done])) {
      expect(code).toBe(4);
      expect(stderr).toContain('error: NATS stayed unreachable: ');
    }
    expect((await listener.done).stderr).toContain(
      'reading from the relay stopped: the connection',
    );
    expect((await relay.done).stderr).toContain('the connection to NATS was lost');
  });
});
