import { type HeaderPair, headerValues } from './request.ts';

/** A comment behind the product, as a user agent may have (RFC 9110 §10.1.5). */
const MARK = ' (probe)';
const MARKED = /^relyable\/\S+ \(probe\)$/;

/** `relyable/1.2.3` as the user agent of a request that only finds out what a handler does. */
export function markProbe(userAgent: string): string {
  return `${userAgent}${MARK}`;
}

/** Whether a request calls itself a probe. Anybody can write that: a label for people, no more. */
export function isProbe(headers: readonly HeaderPair[]): boolean {
  return headerValues(headers, 'User-Agent').some((value) => MARKED.test(value));
}
