/** One pair. Its value is quoted, or ends at the next space. */
const PAIR = /([\w.@/-]+)=(?:"((?:\\[^]|[^"\\])*)"|(\S*))(?:\s+|$)/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * The values of a log line of `key=value` pairs, as Go's slog and logrus, Heroku and Grafana write it;
 * null for any other line. Text before the first pair, such as a time or a level, is left out.
 */
export function parseLogfmt(line: string): Readonly<Record<string, string>> | null {
  const text = line.trim();
  PAIR.lastIndex = Math.max(text.search(/(?<!\S)[\w.@/-]+=/), 0);
  const values: [string, string][] = [];
  while (PAIR.lastIndex < text.length) {
    const [, name, quoted, bare = ''] = PAIR.exec(text) ?? [];
    if (name === undefined) return null;
    values.push([name, quoted === undefined ? bare : unescape(quoted)]);
  }
  return values.length > 1 ? Object.fromEntries(values) : null;
}

function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^]))/g,
    (_, u?: string, x?: string, char = '') => {
      const code = u ?? x;
      return code === undefined
        ? (ESCAPES[char] ?? char)
        : String.fromCharCode(Number.parseInt(code, 16));
    },
  );
}
