import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fillStore, makeCapture } from '../../support/captures.ts';
import { spawnCli, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

function storeWith(...bodies: string[]): string {
  const file = join(temporaryFolder(), 'captures.db');
  fillStore(
    file,
    bodies.map((body, n) => makeCapture(n, { body: Buffer.from(body) })),
  );
  return file;
}

it.each([
  [['webhooks'], 'https://app.relyable.ai/'],
  [['api-keys'], 'https://app.relyable.ai/'],
  [['docs'], 'https://help-center.relyable.ai/'],
  [['agent', 'agent_1'], 'https://app.relyable.ai/agents/agent_1'],
  [['run', 'agent_1/run_2'], 'https://app.relyable.ai/agents/agent_1/runs/run_2'],
])('open %j --print', async (args, url) => {
  const result = await runCli(['open', ...args, '--print']);
  expect(result).toMatchObject({ code: 0, stdout: `${url}\n` });
});

it('knows runs and agents from captures', async () => {
  const store = storeWith(
    '{"data":{"agent_id":"agent_1","test_run_id":"run_1"}}',
    '{"data":{"agent_id":"agent_2","test_run_id":"run_2"}}',
    'not json',
  );
  const env = { RELYABLE_STORE: store };
  const url = async (...args: string[]): Promise<string> =>
    (await runCli(['open', ...args, '--print'], { env })).stdout.trim();
  expect(await url('run', 'run_1')).toBe('https://app.relyable.ai/agents/agent_1/runs/run_1');
  expect(await url('run')).toBe('https://app.relyable.ai/agents/agent_2/runs/run_2');
  expect(await url('agent')).toBe('https://app.relyable.ai/agents/agent_2');
  const unknown = await runCli(['open', 'run', 'run_3'], { env });
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('relyable open run <agent id>/<run id>');
});

it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
  'hands the address to the browser',
  async () => {
    const folder = temporaryFolder();
    const seen = join(folder, 'seen');
    const browser = join(folder, 'browser.sh');
    writeFileSync(
      browser,
      `#!/bin/sh\nprintf %s "$1" > '${seen}.part' && mv '${seen}.part' '${seen}'\n`,
      { mode: 0o755 },
    );
    // The second time our own code is the compiled one that was kept.
    const options = { home: folder, env: { BROWSER: browser } };
    for (const [page, url] of [
      ['docs', 'https://help-center.relyable.ai/'],
      ['webhooks', 'https://app.relyable.ai/'],
    ] as const) {
      const { code, stderr } = await spawnCli(['open', page, '--quiet'], options);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      await expect.poll(() => readFileSync(seen, 'utf8')).toBe(url);
    }
  },
);

it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
  'says so where there is no desktop',
  async () => {
    const { code, stdout, stderr } = await runCli(['open', 'docs']);
    expect(code).toBe(0);
    expect(stdout).toBe('https://help-center.relyable.ai/\n');
    expect(stderr).toContain('no desktop here');
  },
);

it('refuses a page it does not know', async () => {
  const result = await runCli(['open', 'webhook']);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('did you mean webhooks?');
});
