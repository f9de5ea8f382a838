import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists } from '../../config/env-file.ts';
import { OTHER_FRAMEWORK } from './frameworks.ts';
import { guessFramework, readManifest } from './guess-framework.ts';

/** The apps of a repository whose own list of packages names no framework. */
export interface Workspace {
  /** The folders of packages with a framework, relative to the repository's, in their order. */
  readonly apps: readonly string[];
}

/** Enough for the packages of most repositories, and quick enough not to be noticed. */
const MAX_PACKAGES = 200;

/**
 * The apps among the packages that `workspaces` of package.json, or pnpm-workspace.yaml, names. None
 * where the folder itself has a framework. With `framework` only those that have that one.
 */
export function findWorkspace(folder: string, framework?: string): Workspace {
  if (guessFramework(folder).value !== OTHER_FRAMEWORK) return { apps: [] };
  const packages = new Set(workspacePatterns(folder).flatMap((pattern) => expand(folder, pattern)));
  const apps = [...packages].slice(0, MAX_PACKAGES).filter((path) => {
    const found = guessFramework(join(folder, path)).value;
    return found !== OTHER_FRAMEWORK && (framework === undefined || found.name === framework);
  });
  return { apps };
}

function workspacePatterns(folder: string): string[] {
  const { workspaces } = readManifest(folder) ?? {};
  const listed = Array.isArray(workspaces)
    ? (workspaces as unknown[])
    : ((workspaces as { packages?: unknown } | undefined)?.packages ?? []);
  const patterns = Array.isArray(listed) ? listed : [];
  return [
    ...patterns.filter((pattern) => typeof pattern === 'string'),
    ...pnpmPatterns(join(folder, 'pnpm-workspace.yaml')),
  ];
}

/** The entries of `packages:`; what is not a plain list of texts is left out. */
function pnpmPatterns(file: string): string[] {
  const [, list = ''] =
    /^packages:[^\n]*\n((?:[ \t]*(?:-|#)[^\n]*\n?|\s*\n)*)/m.exec(readTextIfExists(file) ?? '') ??
    [];
  return Array.from(list.matchAll(/^\s*-\s*["']?([^"'\s#]+)/gm), ([, pattern = '']) => pattern);
}

/** The folders that a pattern names; `*` and `**` stand for one folder each. */
function expand(folder: string, pattern: string): string[] {
  if (pattern.startsWith('!') || pattern.split('/').includes('..')) return [];
  let found = [''];
  for (const part of pattern.split('/').filter((it) => it !== '' && it !== '.')) {
    found = found.flatMap((path) =>
      part.includes('*')
        ? foldersIn(join(folder, path), part).map((name) =>
            path === '' ? name : `${path}/${name}`,
          )
        : [path === '' ? part : `${path}/${part}`],
    );
  }
  return found.filter((path) => path !== '' && existsSync(join(folder, path))).sort();
}

function foldersIn(folder: string, part: string): string[] {
  const shape = new RegExp(
    `^${part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, '.*')}$`,
  );
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.') && shape.test(name));
  } catch {
    return [];
  }
}
