import { type HeaderPair, headerValues } from './request.ts';

/** A comment after the product of a user agent (RFC 9110 §10.1.5). */
const MARK = ' (probe)';
const MARKED = /^relyable\/\S+ \(probe\)$/;

/** The user agent of a request that is sent only to see how a handler answers. */
export function markProbe(userAgent: string): string {
  return `${userAgent}${MARK}`;
}

/** Whether a request is marked as a probe. Any sender can set the mark, so it changes only the display. */
export function isProbe(headers: readonly HeaderPair[]): boolean {
  return headerValues(headers, 'User-Agent').some((value) => MARKED.test(value));
}
