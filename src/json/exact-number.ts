import { LosslessNumber } from 'lossless-json';

/**
 * A number of a JSON text. It keeps its digits if JavaScript would write the number in another way.
 *
 * @throws Error if `digits` is not a JSON number
 */
export function exactNumber(digits: string): number | LosslessNumber {
  return String(Number(digits)) === digits ? Number(digits) : new LosslessNumber(digits);
}
