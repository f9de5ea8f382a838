import { expect, it } from 'vitest';
import { VERSION } from '../../../src/version.ts';
import { runCli } from '../../support/run-cli.ts';

it('prints what --version prints', async () => {
  const result = await runCli(['version']);
  expect(result).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  expect(await runCli(['--version'])).toEqual(result);
});

it('prints an object under --json', async () => {
  for (const args of [
    ['version', '--json'],
    ['--version', '--json'],
    ['--json', '-V'],
  ]) {
    const { stdout } = await runCli(args);
    expect(JSON.parse(stdout)).toEqual({ type: 'version', v: 1, version: VERSION });
  }
});
