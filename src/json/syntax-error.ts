import { parse } from 'lossless-json';
import { errorMessage } from '../errors.ts';

/**
 * Where a text that is no JSON stops being it, from 0. JSON.parse does not always say; the other
 * parser does. undefined where that one has nothing against it.
 */
export function findSyntaxError(text: string): number | undefined {
  try {
    parse(text);
  } catch (error) {
    const position = /at position (\d+)$/.exec(errorMessage(error))?.[1];
    if (position !== undefined) return Number(position);
  }
  return undefined;
}
