import { join } from 'node:path';
import { readTextIfExists } from '../../config/env-file.ts';
import {
  type Framework,
  GO,
  LARAVEL,
  NODE_FRAMEWORKS,
  OTHER_FRAMEWORK,
  PYTHON_FRAMEWORKS,
  RAILS,
  SPRING,
} from './frameworks.ts';

/** A guess, and the reason for it, e.g. `next in package.json`. */
export interface Guess<T> {
  readonly value: T;
  readonly because: string;
}

type Find = (text: string) => Framework | undefined;

/** The files in which projects list their packages, and how to find the framework in each. */
const LISTS: ReadonlyArray<readonly [file: string, find: Find]> = [
  ['requirements.txt', pythonFramework],
  ['pyproject.toml', pythonFramework],
  ['Pipfile', pythonFramework],
  ['Gemfile', (text) => (/^\s*gem\s+["']rails["']/m.test(text) ? RAILS : undefined)],
  ['composer.json', (text) => (text.includes('"laravel/framework"') ? LARAVEL : undefined)],
  ['pom.xml', springFramework],
  ['build.gradle', springFramework],
  ['build.gradle.kts', springFramework],
  ['go.mod', () => GO],
];

/**
 * The framework that the project's own list of packages names. A package.json without a known framework
 * is ignored: projects in other languages may have one for their front end.
 */
export function guessFramework(folder: string): Guess<Framework> {
  const packages = packagesOf(readManifest(folder));
  const node = NODE_FRAMEWORKS.find((framework) =>
    framework.packages.some((name) => packages.has(name)),
  );
  if (node !== undefined) return { value: node, because: `${node.name} in package.json` };
  for (const [file, find] of LISTS) {
    const text = readText(join(folder, file));
    const value = text === undefined ? undefined : find(text);
    if (value === undefined) continue;
    return { value, because: file === 'go.mod' ? file : `${value.name} in ${file}` };
  }
  return { value: OTHER_FRAMEWORK, because: 'no framework found' };
}

function readText(file: string): string | undefined {
  try {
    return readTextIfExists(file);
  } catch {
    // A folder of that name, or a file that cannot be read, names no framework.
    return undefined;
  }
}

function pythonFramework(text: string): Framework | undefined {
  // A requirement's name ends where its extras, version, marker or quote begin.
  const named = (name: string): boolean =>
    new RegExp(`^[^#\\n]*?(?:^|["'\\s])${name}(?=[\\[\\]<>=~!;,"'\\s]|$)`, 'im').test(text);
  return PYTHON_FRAMEWORKS.find(({ packages }) => packages.some(named));
}

function springFramework(text: string): Framework | undefined {
  return /spring-boot|springframework/.test(text) ? SPRING : undefined;
}

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly workspaces?: unknown;
  readonly type?: unknown;
}

/** The names of the packages that a manifest lists. */
export function packagesOf(manifest: Manifest | undefined): ReadonlySet<string> {
  return new Set(Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies }));
}

/** package.json; undefined where it cannot be read, which is not reported here. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readTextIfExists(join(folder, 'package.json')) ?? 'null');
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}
