import { Tokeniser } from './tokeniser.ts';

/**
 * The index of the first character that is not valid JSON, or the text's length if the text ends too
 * early; undefined for valid JSON. The error of `JSON.parse` does not always have it.
 */
export function findSyntaxError(text: string): number | undefined {
  const bytes = Buffer.from(text, 'utf8');
  const tokeniser = new Tokeniser(bytes, () => undefined);
  return tokeniser.readAll() ? undefined : bytes.toString('utf8', 0, tokeniser.at).length;
}
