/** The deepest level that is indented further; it keeps lines short. */
const MAX_INDENT = 20;

/**
 * Formats valid JSON with two spaces of indent and leaves every token as it is: `70.0` stays
 * `70.0`, repeated keys stay. Ends after `maxLines` lines.
 */
export function prettyJson(text: string, maxLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  let depth = 0;
  const breakLine = (): void => {
    lines.push(line);
    line = '  '.repeat(Math.min(depth, MAX_INDENT));
  };
  for (const token of tokensOf(text)) {
    if (lines.length >= maxLines) return lines;
    if (token === '[]' || token === '{}') line += token;
    else if (token === '{' || token === '[') {
      line += token;
      depth += 1;
      breakLine();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      breakLine();
      line += token;
    } else if (token === ',') {
      line += token;
      breakLine();
    } else line += token === ':' ? ': ' : token;
  }
  lines.push(line);
  return lines;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\[\s*\]|\{\s*\}|[{}[\],:]|[^\s{}[\],:"]+/gs;

function* tokensOf(text: string): Generator<string> {
  for (const [token] of text.matchAll(TOKEN)) {
    yield /^(?:\[\s+\]|\{\s+\})$/.test(token) ? `${token[0] ?? ''}${token.at(-1) ?? ''}` : token;
  }
}
