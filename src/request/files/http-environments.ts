import { RelyableError } from '../../errors.ts';
import type { ReadBeside } from './input.ts';
import { parseJson } from './json-input.ts';
import { isObject } from './recorded-headers.ts';

/** The files in which IntelliJ keeps the variables of `.http` files by environment. The second one is private to the user. */
const FILES = ['http-client.env.json', 'http-client.private.env.json'] as const;

/** The variables in the environment files next to an `.http` file. */
export interface Environments {
  /** The values that are the same whichever environment is chosen. */
  readonly values: ReadonlyMap<string, string>;
  /** For each other variable, the environments that have a value for it. */
  readonly differing: ReadonlyMap<string, readonly string[]>;
}

/** Reads the environment files next to an `.http` file. A file that is missing, or is not JSON, is ignored. */
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
