import { Tokeniser } from './tokeniser.ts';

/**
 * The index of the character at which a text stops being JSON, its length where it ends too early;
 * undefined for JSON. `JSON.parse` does not always say.
 */
export function findSyntaxError(text: string): number | undefined {
  const bytes = Buffer.from(text, 'utf8');
  const tokeniser = new Tokeniser(bytes, () => undefined);
  return tokeniser.readAll() ? undefined : bytes.toString('utf8', 0, tokeniser.at).length;
}
