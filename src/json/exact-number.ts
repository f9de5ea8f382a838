import { LosslessNumber } from 'lossless-json';

/**
 * A number of a JSON text; with its digits where a double would be written in another way.
 *
 * @throws Error if it is not a number of JSON
 */
export function exactNumber(digits: string): number | LosslessNumber {
  return String(Number(digits)) === digits ? Number(digits) : new LosslessNumber(digits);
}
