import { spawnSync } from 'node:child_process';

/**
 * Whether another stack is installed on this machine, e.g. `python3 -c "import flask"`. With
 * RELYABLE_REQUIRE_STACKS=1 always true, so that the tests of a missing stack fail and are not skipped.
 */
export function hasStack(command: string, args: readonly string[] = ['--version']): boolean {
  if (process.env['RELYABLE_REQUIRE_STACKS'] === '1') return true;
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export const hasPython = hasStack('python3');
export const hasFlask = hasStack('python3', ['-c', 'import flask']);
