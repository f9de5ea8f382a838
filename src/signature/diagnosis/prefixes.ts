import { readDocument } from '../../json/document.ts';
import { headerValues, type HeaderPair } from '../../request/request.ts';

/** Size limits and buffer sizes are often multiples of these. */
const COMMON_STEPS = [1000, 1024] as const;

/**
 * The lengths at which a body is likely to be truncated, ascending: the end of its first JSON value,
 * its Content-Length, line ends, round sizes, and every length near the end.
 */
export function likelyLengths(body: Buffer, headers: readonly HeaderPair[]): number[] {
  const lengths = new Set<number>();
  const value = readDocument(body, { allowRest: true });
  if (value !== null) lengths.add(value.end);
  for (const text of headerValues(headers, 'Content-Length')) lengths.add(Number(text));
  for (const step of COMMON_STEPS) {
    for (let at = step; at < body.length && lengths.size < 4_096; at += step) lengths.add(at);
  }
  for (let at = body.indexOf(0x0a); at !== -1 && lengths.size < 8_192;) {
    lengths.add(at).add(at + 1);
    at = body.indexOf(0x0a, at + 1);
  }
  for (let at = Math.max(1, body.length - 256); at < body.length; at++) lengths.add(at);
  return [...lengths]
    .filter((length) => Number.isInteger(length) && length > 0 && length < body.length)
    .sort((a, b) => a - b);
}
