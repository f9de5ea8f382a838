import { spawnSync } from 'node:child_process';

/**
 * Whether another stack is installed here, e.g. `python3 -c "import flask"`. Where the run demands
 * all of them (RELYABLE_REQUIRE_STACKS=1) the answer is yes, so that a missing one fails its tests.
 */
export function hasStack(command: string, args: readonly string[] = ['--version']): boolean {
  if (process.env['RELYABLE_REQUIRE_STACKS'] === '1') return true;
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export const hasPython = hasStack('python3');
export const hasFlask = hasStack('python3', ['-c', 'import flask']);
