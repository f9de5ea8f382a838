import { defaultLoaders } from 'cosmiconfig';
import { errorMessage } from '../../errors.ts';
import { notRequest } from './detect.ts';
import { type InputItem, unreadable } from './input.ts';
import { findRequests } from './json-requests.ts';

/** The most values that a document may expand to: aliases can repeat a value many times. */
const MAX_VALUES = 1_000_000;

/** The requests in a YAML document, such as a collection of Insomnia 5. */
export function parseYaml(bytes: Buffer, source: string): InputItem[] {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  let value: unknown;
  try {
    value = defaultLoaders['.yaml'](source, text);
  } catch (error) {
    const place = /\((\d+):(\d+)\)/.exec(errorMessage(error));
    throw unreadable(source, `line ${place?.[1] ?? '1'}`, 'expected YAML');
  }
  if (countValues(value, new Map()) > MAX_VALUES) {
    throw unreadable(source, 'line 1', `expected YAML of at most ${MAX_VALUES} values, got more`);
  }
  const items = findRequests(value, source);
  if (items.length === 0) throw notRequest(Buffer.from(text), 0, source);
  return items;
}

/** The number of values inside a value. A value with aliases counts once for each of them; a circular one is infinite. */
function countValues(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  known.set(value, Infinity);
  let count = 1;
  for (const member of Object.values(value)) count += countValues(member, known);
  known.set(value, count);
  return count;
}
