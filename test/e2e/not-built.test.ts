import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, temporaryFolder } from '../support/cli.ts';

/** A folder with one file of the clone, without what is built and what is installed. */
function cloneOf(folder: string, file: string): { root: string; program: string } {
  const root = temporaryFolder();
  mkdirSync(join(root, folder));
  const program = join(root, folder, file);
  copyFileSync(join(ROOT, folder, file), program);
  return { root, program };
}

it('a clone that is not built says so in one sentence', () => {
  const { root, program } = cloneOf('bin', 'relyable.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'listen'], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: `error: this copy of relyable is not built: run "npm ci" in ${root}\n`,
  });
});

function prepare(program: string, command: string): { status: number | null; stdout: string } {
  const env = { ...process.env, npm_command: command };
  return spawnSync(process.execPath, [program], { encoding: 'utf8', env });
}

it('an install without build tools goes on', () => {
  const { program } = cloneOf('scripts', 'prepare.mjs');
  const { status, stdout } = prepare(program, 'ci');
  expect(status).toBe(0);
  expect(stdout).toBe(
    'relyable is not built: its build tools are not installed (npm ci installs them)\n',
  );
});

it.each(['pack', 'publish'])('npm %s fails where the program is not built', (command) => {
  const { program } = cloneOf('scripts', 'prepare.mjs');
  expect(prepare(program, command)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('npm ci'),
  });
});
