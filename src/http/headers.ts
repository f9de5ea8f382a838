import type { HeaderPair } from '../request/request.ts';

/**
 * Headers that concern one connection only (RFC 9110 §7.6.1), and `Expect`, which the receiving
 * side has answered already.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** What `Connection` nearly always says; neither names a header that is not on the list. */
const NAMES_NOTHING = /^(keep-alive|close)$/i;

/** The names a `Connection` header adds to them; undefined where there is none. */
function namedByConnection(headers: readonly HeaderPair[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    if (NAMES_NOTHING.test(value)) continue;
    named ??= new Set();
    for (const token of value.toLowerCase().split(',')) named.add(token.trim());
  }
  return named;
}

/**
 * The headers that go on to the next host, as Node's flat list: order, case and repeats as they
 * were. `except` (lower-case names) stay behind as well.
 */
export function endToEndHeaders(
  headers: readonly HeaderPair[],
  except?: ReadonlySet<string>,
): string[] {
  const named = namedByConnection(headers);
  const flat: string[] = [];
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || named?.has(key) === true || except?.has(key) === true) continue;
    flat.push(name, value);
  }
  return flat;
}
