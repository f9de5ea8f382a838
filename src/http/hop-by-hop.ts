import type { HeaderPair } from '../webhook/request.ts';

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

/** The headers that go on to the next host: order, case and repeats as they were. */
export function endToEndHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
  let named: ReadonlySet<string> | undefined;
  for (const [name, value] of headers) {
    if (name.length === 10 && name.toLowerCase() === 'connection') {
      named = new Set([
        ...(named ?? []),
        ...value
          .toLowerCase()
          .split(',')
          .map((token) => token.trim()),
      ]);
    }
  }
  return headers.filter(([name]) => {
    const key = name.toLowerCase();
    return !HOP_BY_HOP.has(key) && named?.has(key) !== true;
  });
}
