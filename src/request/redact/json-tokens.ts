/** A string, key or number of a JSON text, for someone to replace. */
export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number';
  /** Keys from the top to the member this is (in); items of a list have the list's keys. */
  readonly path: readonly string[];
  /** A string's or key's characters; a number as it is written. */
  readonly value: string;
}

/** How deep a text may nest; deeper is taken for no JSON. */
const MAX_DEPTH = 1000;

/**
 * The text with strings, keys and numbers replaced, and everything else (white space, order,
 * repeats) as it was. `replace` gives new JSON for a token, or null to leave it. null where the
 * text is no JSON.
 */
export function rewriteJson(
  text: string,
  replace: (token: JsonToken) => string | null,
): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let out = '';
  /** Open containers: the member's key, or null in a list. */
  const keys: (string | null)[] = [];
  const isObject: boolean[] = [];
  let isKeyNext = false;
  const pathOf = (): string[] => keys.filter((key) => key !== null);
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? '';
    if (char === '"') {
      const end = stringEnd(text, at);
      const raw = text.slice(at, end);
      const value = JSON.parse(raw) as string;
      if (isKeyNext) {
        out += replace({ kind: 'key', path: pathOf().slice(0, -1), value }) ?? raw;
        keys[keys.length - 1] = value;
        isKeyNext = false;
      } else {
        out += replace({ kind: 'string', path: pathOf(), value }) ?? raw;
      }
      at = end;
    } else if (/[-\d]/.test(char)) {
      let end = at + 1;
      while (/[-+.\deE]/.test(text[end] ?? '')) end += 1;
      const value = text.slice(at, end);
      out += replace({ kind: 'number', path: pathOf(), value }) ?? value;
      at = end;
    } else {
      if (char === '{' || char === '[') {
        keys.push(char === '{' ? '' : null);
        isObject.push(char === '{');
        isKeyNext = char === '{';
        if (keys.length > MAX_DEPTH) return null;
      } else if (char === '}' || char === ']') {
        keys.pop();
        isObject.pop();
        isKeyNext = false;
      } else if (char === ',') {
        isKeyNext = isObject.at(-1) === true;
      }
      out += char;
      at += 1;
    }
  }
  return out;
}

/** Past the closing quote of the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}
