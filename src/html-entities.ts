/** The names that HTML shares with XML. */
export const XML_ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

/** A character reference of HTML: numeric, or a name. */
const REFERENCE = /&(#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8});/gi;

/**
 * Replaces the character references of a text: numeric ones, and those that `named` has in lower case.
 * Others stay as they are.
 */
export function decodeEntities(text: string, named: Readonly<Record<string, string>>): string {
  return text.replaceAll(REFERENCE, (whole: string, name: string) => {
    if (!name.startsWith('#')) return named[name.toLowerCase()] ?? whole;
    const code = Number(name.slice(1).replace(/^x/i, '0x'));
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
