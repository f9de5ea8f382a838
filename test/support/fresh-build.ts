import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT } from './cli.ts';

/** What goes into `dist/`. */
const SOURCES = [
  'src',
  'docs/recipes',
  'fixtures/events',
  'package.json',
  'package-lock.json',
  'rolldown.config.ts',
];

/** Vitest's global set-up: tests of the program run `dist/`, which is built first where it is old. */
export function setup(project: TestProject): void {
  buildWhereOld();
  project.onTestsRerun(buildWhereOld);
}

function buildWhereOld(): void {
  const built = timesOf('dist');
  const isOld = built.length === 0 || Math.max(...SOURCES.flatMap(timesOf)) > Math.min(...built);
  if (!isOld) return;
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: ROOT,
    // Nothing on stdout, which belongs to the reporter.
    stdio: ['ignore', 'ignore', 'inherit'],
    // npm is a script on Windows, which only a shell runs.
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm run build failed');
}

/**
 * When a file, or each file and folder below a folder, was last changed; a folder is changed when
 * one of its files is removed. Empty where there is nothing.
 */
function timesOf(path: string): number[] {
  const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [stat.mtimeMs];
  const below = readdirSync(join(ROOT, path)).flatMap((name) => timesOf(join(path, name)));
  return [stat.mtimeMs, ...below];
}
