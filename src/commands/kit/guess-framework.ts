import { join } from 'node:path';
import { readTextIfExists } from '../../config/env-file.ts';
import {
  type Framework,
  NODE_FRAMEWORKS,
  OTHER_FRAMEWORK,
  PYTHON_FRAMEWORKS,
} from './frameworks.ts';

/** A guess, and the reason for it, e.g. `next in package.json`. */
export interface Guess<T> {
  readonly value: T;
  readonly because: string;
}

/** The framework that the project's own list of packages names. */
export function guessFramework(folder: string): Guess<Framework> {
  const manifest = readManifest(folder);
  const packages = new Set(
    Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies }),
  );
  const node = NODE_FRAMEWORKS.find((framework) =>
    framework.packages.some((name) => packages.has(name)),
  );
  if (node !== undefined) return { value: node, because: `${node.name} in package.json` };
  for (const file of ['requirements.txt', 'pyproject.toml', 'Pipfile']) {
    const text = readTextIfExists(join(folder, file));
    const python = text === undefined ? undefined : pythonFramework(text);
    if (python !== undefined) return { value: python, because: `${python.name} in ${file}` };
  }
  return { value: OTHER_FRAMEWORK, because: 'no framework found' };
}

function pythonFramework(text: string): Framework | undefined {
  // A requirement's name ends where its extras, version, marker or quote begin.
  const named = (name: string): boolean =>
    new RegExp(`^[^#\\n]*?(?:^|["'\\s])${name}(?=[\\[\\]<>=~!;,"'\\s]|$)`, 'im').test(text);
  return PYTHON_FRAMEWORKS.find(({ packages }) => packages.some(named));
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, unknown>>;
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
