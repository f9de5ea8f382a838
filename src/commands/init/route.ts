import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Guess } from '../kit/guess-framework.ts';
import { type Framework, usualFor } from '../kit/frameworks.ts';
import { usesPagesRouter } from '../kit/project-recipe.ts';

const SOURCE = /\.(?:[cm]?[jt]sx?|py|rb|php|go|java|kt)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'vendor', 'venv', '__pycache__']);
/** Routes of the pages router are below /api. */
const PAGES_PATH = '/api/webhooks/relyable';
/** Enough for the handlers of most projects, and quick enough not to be noticed. */
const MAX_FILES = 500;
const MAX_FILE_BYTES = 256 * 1024;

/** A path in quotes with "relyable" in it, as a route is written in every framework. */
const ROUTE = /["'`](\/[\w/-]*relyable[\w/-]*)["'`]/i;

/** The handler's path: the route in the project's source, else the framework's usual one. */
export function guessPath(folder: string, framework: Framework): Guess<string> {
  for (const file of sourceFiles(folder)) {
    const shown = relative(folder, file).replaceAll(sep, '/');
    const byFile = fileRoute(shown);
    if (byFile !== undefined) return { value: byFile, because: shown };
    const [, route] = ROUTE.exec(readFileSync(file, 'utf8')) ?? [];
    if (route !== undefined) return { value: route, because: shown };
  }
  const usual =
    framework.recipe === 'next' && usesPagesRouter(folder) ? PAGES_PATH : framework.path;
  return { value: usual, because: usualFor(framework) };
}

/** Next.js: `app/api/relyable/route.ts` and `pages/api/relyable.ts` are routes by their names. */
function fileRoute(file: string): string | undefined {
  if (!/relyable/i.test(file)) return undefined;
  const app = /^(?:src\/)?app\/(.+)\/route\.[cm]?[jt]sx?$/.exec(file)?.[1];
  // A folder in parentheses groups routes and is not part of the path.
  if (app !== undefined) return `/${app.replace(/\([^)]*\)\//g, '')}`;
  const page = /^(?:src\/)?pages\/(api\/.+?)(?:\/index)?\.[cm]?[jt]sx?$/.exec(file)?.[1];
  return page === undefined ? undefined : `/${page}`;
}

/** Source files, nearest first, at most `MAX_FILES`. */
function* sourceFiles(folder: string): Generator<string> {
  let count = 0;
  const folders = [folder];
  for (let current = folders.shift(); current !== undefined; current = folders.shift()) {
    for (const entry of readFolder(current)) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !SKIPPED.has(entry.name)) folders.push(path);
      } else if (entry.isFile() && SOURCE.test(entry.name) && isSmall(path)) {
        if (++count > MAX_FILES) return;
        yield path;
      }
    }
  }
}

function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isSmall(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) <= MAX_FILE_BYTES;
}
