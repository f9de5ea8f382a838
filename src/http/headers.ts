import { type HeaderPair, isSameHeader } from '../request/request.ts';

/**
 * Headers that apply to one connection only (RFC 9110 §7.6.1), and `Expect`, which the server has
 * answered already.
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

/** What `Connection` nearly always says; neither names a header that is not in `HOP_BY_HOP`. */
const NAMES_NOTHING = /^(keep-alive|close)$/i;

/** The hop-by-hop headers that `Connection` names; undefined where it names none. */
function namedByConnection(headers: readonly HeaderPair[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (!isSameHeader(name, 'Connection') || NAMES_NOTHING.test(value)) continue;
    named ??= new Set();
    for (const token of value.toLowerCase().split(',')) named.add(token.trim());
  }
  return named;
}

/**
 * The headers that are forwarded, as Node's flat list: order, case and repeats as received. `except`
 * are lower-case names of headers to leave out as well.
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
