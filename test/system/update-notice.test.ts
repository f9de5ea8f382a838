import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import type { Context } from '../../src/system/context.ts';
import { isNewer, mayNotify, takeNotice } from '../../src/system/update-notice.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';

const tty = { write: () => true, isTTY: true };

it.each([
  ['1.2.3', '1.2.2', true],
  ['1.10.0', '1.9.9', true],
  ['1.2.3', '1.2.3', false],
  ['1.2.3', '1.3.0', false],
  ['2.0.0-rc.1', '1.0.0', false],
  ['npm error', '1.0.0', false],
  ['\u001B[31m2.0.0', '1.0.0', false],
])('%s is newer than %s: %s', (latest, current, answer) => {
  expect(isNewer(latest, current)).toBe(answer);
});

it.each<[string, Partial<Context>, boolean]>([
  ['on a terminal', {}, true],
  ['off one', { stderr: { write: () => true } }, false],
  ['in CI', { env: { CI: 'true' } }, false],
  ['with CI=0', { env: { CI: '0' } }, true],
  ['switched off', { env: { RELYABLE_NO_UPDATE_CHECK: '1' } }, false],
  ['switched off for all tools', { env: { NO_UPDATE_NOTIFIER: '1' } }, false],
  ['under --json', { argv: ['config', '--json'] }, false],
  ['under -q', { argv: ['-q', 'config'] }, false],
  ['in a shell that starts', { argv: ['completion', 'bash'] }, false],
  ['at TAB', { argv: ['complete', '--', ''] }, false],
])('%s: may notify', (_, overrides, answer) => {
  expect(mayNotify(testContext({ stderr: tty, ...overrides }))).toBe(answer);
});

/** A context whose npm is a script that notes each call and answers with a version. */
function contextWithNpm(version: string): { context: Context; cache: string; calls: string } {
  const folder = temporaryFolder();
  const calls = join(folder, 'calls');
  const script = `#!/bin/sh\necho ${version}\nprintf '%s\\n' "$*" >> '${calls}'\n`;
  writeFileSync(join(folder, 'npm'), script, { mode: 0o755 });
  const context = testContext({
    env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return { context, cache: context.paths.cache, calls };
}

const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

it.skipIf(process.platform === 'win32')(
  'asks npm in the background, tells once, and asks again after a day',
  async () => {
    const { context, cache, calls } = contextWithNpm('9.8.7');
    const file = join(cache, 'latest-version');
    expect(takeNotice(context, '1.0.0'), 'nothing is known yet').toBeUndefined();
    await expect.poll(() => size(calls)).toBeGreaterThan(0);
    const once = size(calls);

    expect(takeNotice(context, '1.0.0')).toContain('9.8.7');
    expect(takeNotice(context, '1.0.0'), 'told already').toBeUndefined();

    const tomorrow = { ...context, now: () => Date.now() + 25 * 60 * 60 * 1000 };
    expect(takeNotice(tomorrow, '9.8.7')).toBeUndefined();
    await expect.poll(() => size(calls)).toBeGreaterThan(once);
    await expect.poll(() => size(file)).toBeGreaterThan(0);
    expect(takeNotice(context, '9.8.7'), 'up to date').toBeUndefined();
  },
);

it('asks at most once a day', () => {
  const { context, cache, calls } = contextWithNpm('9.8.7');
  mkdirSync(cache, { recursive: true });
  const file = join(cache, 'latest-version');
  writeFileSync(file, '2.0.0\n');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(file, anHourAgo, anHourAgo);
  expect(takeNotice(context, '1.0.0')).toContain('2.0.0');
  expect(Math.abs(statSync(file).mtimeMs - anHourAgo.getTime())).toBeLessThan(2000);
  expect(size(calls)).toBe(0);
});

it('is silent where the cache cannot be used', () => {
  const cache = join(temporaryFolder(), 'file');
  writeFileSync(cache, '');
  const context = testContext();
  expect(takeNotice({ ...context, paths: { ...context.paths, cache } }, '1.0.0')).toBeUndefined();
});
