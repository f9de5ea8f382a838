import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runOnTerminal } from '../support/pty.ts';
import { temporaryFolder } from '../support/cli.ts';

/** A cache in which npm's answer of a moment ago waits. */
function cacheWithAnswer(): string {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'relyable'));
  writeFileSync(join(cache, 'relyable', 'latest-version'), '99.0.0\n');
  return cache;
}

it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
  'tells of a newer version after the command, once',
  async () => {
    const env = { XDG_CACHE_HOME: cacheWithAnswer(), RELYABLE_NO_UPDATE_CHECK: '' };
    const first = await runOnTerminal(['config', 'get', 'port'], { env });
    expect(first.code).toBe(0);
    expect(first.screen).toMatch(/^4400\r\n[^]*npm has a relyable 99\.0\.0/);
    const second = await runOnTerminal(['config', 'get', 'port'], { env });
    expect(second).toEqual({ code: 0, screen: '4400\r\n' });
  },
);

it('says nothing where it is switched off', async () => {
  const env = { XDG_CACHE_HOME: cacheWithAnswer() };
  const { code, screen } = await runOnTerminal(['config', 'get', 'port'], { env });
  expect(code).toBe(0);
  expect(screen).not.toContain('99.0.0');
});
