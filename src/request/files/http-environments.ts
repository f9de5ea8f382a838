import { RelyableError } from '../../errors.ts';
import type { ReadBeside } from './input.ts';
import { parseJson } from './json-input.ts';
import { isObject } from './recorded-headers.ts';

/** Where IntelliJ has the variables of `.http` files, by environment; the second is not shared. */
const FILES = ['http-client.env.json', 'http-client.private.env.json'] as const;

/** The variables in the files of environments that stand beside an `.http` file. */
export interface Environments {
  /** The values that do not depend on which environment is chosen. */
  readonly values: ReadonlyMap<string, string>;
  /** For each other variable the environments that have a value for it. */
  readonly differing: ReadonlyMap<string, readonly string[]>;
}

/** Reads the files of environments beside an `.http` file. A file that is not there, or not JSON, has none. */
export function readEnvironments(readBeside: ReadBeside): Environments {
  const environments = new Map<string, Map<string, string>>();
  for (const file of FILES) {
    for (const [name, members] of Object.entries(readJson(file, readBeside))) {
      const values = environments.get(name) ?? new Map<string, string>();
      environments.set(name, values);
      for (const [variable, value] of Object.entries(isObject(members) ? members : {})) {
        if (typeof value === 'string' || typeof value === 'number') {
          values.set(variable, String(value));
        }
      }
    }
  }
  const all = [...environments];
  const values = new Map<string, string>();
  const differing = new Map<string, string[]>();
  for (const variable of new Set(all.flatMap(([, each]) => [...each.keys()]))) {
    const having = all.filter(([, each]) => each.has(variable));
    const texts = new Set(having.map(([, each]) => each.get(variable) ?? ''));
    const [text = ''] = texts;
    if (texts.size === 1) values.set(variable, text);
    else {
      const names = having.map(([name]) => name);
      differing.set(variable, names);
    }
  }
  return { values, differing };
}

function readJson(file: string, readBeside: ReadBeside): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(readBeside(file).toString('utf8'));
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof RelyableError) return {};
    throw error;
  }
}
