import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnCli, temporaryFolder } from '../support/cli.ts';

/** The modules of Node itself that were loaded when the program ended. */
async function builtInsOf(args: readonly string[]): Promise<readonly string[]> {
  const home = temporaryFolder();
  const script = join(home, 'at-exit.cjs');
  writeFileSync(
    script,
    `process.on('exit', () => require('node:fs').writeSync(2, process.moduleLoadList.join('\\n')));`,
  );
  const { code, stderr } = await spawnCli(args, { home, env: { NODE_OPTIONS: `-r ${script}` } });
  expect(code).toBe(0);
  return stderr.split('\n').map((line) => line.replace('NativeModule ', ''));
}

it.each([['--version'], ['--help'], ['webhooks trigger --help']])(
  '%s loads neither HTTP nor cryptography',
  async (words) => {
    const builtIns = await builtInsOf(words.split(' '));
    expect(builtIns).toContain('fs');
    for (const name of ['http', 'tls', 'crypto', 'dns', 'child_process', 'worker_threads']) {
      expect(builtIns).not.toContain(name);
    }
  },
);

it('trigger over plain HTTP loads sockets, and no HTTP, TLS, names or questions', async () => {
  const args = ['webhooks', 'trigger', 'all', '--to', '3000', '--secret', 's', '--print', 'json'];
  const builtIns = await builtInsOf(args);
  expect(builtIns).toContain('net');
  for (const name of [
    'http',
    'tls',
    'dns',
    'dns/promises',
    'readline',
    'perf_hooks',
    'child_process',
  ]) {
    expect(builtIns).not.toContain(name);
  }
});
