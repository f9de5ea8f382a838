import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT } from './cli.ts';

/** The files and folders that the build reads. */
const SOURCES = [
  'src',
  'docs/recipes',
  'fixtures/events',
  'schemas',
  'package.json',
  'package-lock.json',
  'rolldown.config.ts',
];

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the started programs share the compiled code that each would keep in its own home. */
    readonly codeFolder: string;
  }
}

/** Vitest's global set-up: builds `dist/`, which many tests run, when a source is newer. */
export function setup(project: TestProject): () => void {
  buildIfStale();
  project.onTestsRerun(buildIfStale);
  const codeFolder = mkdtempSync(join(tmpdir(), 'relyable-code-'));
  project.provide('codeFolder', codeFolder);
  return () => rmSync(codeFolder, { recursive: true, force: true });
}

function buildIfStale(): void {
  const built = timesOf('dist');
  const isStale = built.length === 0 || Math.max(...SOURCES.flatMap(timesOf)) > Math.min(...built);
  if (!isStale) return;
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: ROOT,
    // Reporters write to stdout, so the build does not.
    stdio: ['ignore', 'ignore', 'inherit'],
    // On Windows npm is a script that only a shell can run.
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm run build failed');
}

/**
 * Times of the last change, in ms since 1970: of a file, or of a folder and all that is below it. A
 * folder changes when a file in it is removed. Empty if the path does not exist.
 */
function timesOf(path: string): number[] {
  const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [stat.mtimeMs];
  const below = readdirSync(join(ROOT, path)).flatMap((name) => timesOf(join(path, name)));
  return [stat.mtimeMs, ...below];
}
