import { RelyableError } from '../errors.ts';
import type { JsonObject, JsonValue } from './json-value.ts';

/** One `--set`: a place in the payload and its new value. */
export interface Override {
  /** Keys and, as numbers, list positions: `data.items[0].x` → `['data', 'items', 0, 'x']`. */
  readonly path: readonly (string | number)[];
  readonly value: JsonValue;
}

/**
 * `path=value`: keys separated by dots, list positions in brackets, a dot in a key written `\.`.
 * A value that parses as JSON (`12.5`, `true`, `null`, `"12"`, `[1]`) is that JSON; any other is a text.
 */
export function parseOverride(text: string, name: string): Override {
  const equals = text.indexOf('=');
  const path = equals === -1 ? null : parsePath(text.slice(0, equals).trim());
  if (path === null) {
    throw new RelyableError(
      'USAGE',
      `${name}: expected path=value such as data.score=12.5, got "${text}"`,
    );
  }
  return { path, value: parseValue(text.slice(equals + 1), name) };
}

function parsePath(text: string): (string | number)[] | null {
  if (text.startsWith('.')) return null;
  const path: (string | number)[] = [];
  const pattern = /(?:^|\.)((?:\\.|[^.[\]\\])+)|\[(\d+)\]/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return null;
    const [, key, index] = match;
    path.push(key === undefined ? Number(index) : key.replace(/\\(.)/g, '$1'));
  }
  return typeof path[0] === 'string' ? path : null;
}

function parseValue(text: string, name: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
  if (typeof value === 'number' && isChangedByParsing(text, value)) {
    throw new RelyableError('USAGE', `${name}: ${text} cannot be sent exactly as a number`, {
      hint: `as text it can: ="${text.trim()}" with the quotes, or give the whole payload with --data`,
    });
  }
  return value;
}

/** Whether parsing changes a number: a double rounds integers beyond 2^53, and is infinite beyond 1e308. */
function isChangedByParsing(text: string, value: number): boolean {
  if (!Number.isFinite(value)) return true;
  return /^\s*-?\d+\s*$/.test(text) && !Number.isSafeInteger(value);
}

/** A path as users type it, e.g. `data.items[0]`. */
export function formatPath(path: Override['path']): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
}

/**
 * A copy of the payload with the overrides applied in order; missing objects are created.
 *
 * @param option the text that error messages put before the path
 */
export function applyOverrides(
  payload: JsonObject,
  overrides: readonly Override[],
  option = '--set ',
): JsonObject {
  return overrides.reduce(
    // The first step is a key, so the result is an object.
    (current, override) => put(current, override, 0, option) as JsonObject,
    payload,
  );
}

function put(
  current: JsonValue | undefined,
  { path, value }: Override,
  depth: number,
  option: string,
): JsonValue {
  const step = path[depth];
  if (step === undefined) return value;
  const override = { path, value };
  const mismatch = (expected: string): RelyableError =>
    new RelyableError(
      'USAGE',
      `${option}${formatPath(path)}: ${formatPath(path.slice(0, depth))} is ${describe(current)}, expected ${expected}`,
    );
  if (typeof step === 'number') {
    const list: readonly JsonValue[] | null =
      current === undefined ? [] : Array.isArray(current) ? (current as JsonValue[]) : null;
    if (list === null) throw mismatch('a list');
    if (step > list.length) throw mismatch(`a list of at least ${step}`);
    const copy = [...list];
    copy[step] = put(list[step], override, depth + 1, option);
    return copy;
  }
  const isObject = typeof current === 'object' && current !== null && !Array.isArray(current);
  if (current !== undefined && current !== null && !isObject) throw mismatch('an object');
  const object = isObject ? (current as JsonObject) : {};
  const copy = { ...object };
  // Not an assignment, so that `__proto__` is a key like any other.
  Object.defineProperty(copy, step, {
    value: put(Object.hasOwn(object, step) ? object[step] : undefined, override, depth + 1, option),
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}

function describe(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null || value === undefined) return 'not there';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
