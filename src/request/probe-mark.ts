import { type HeaderPair, headerValues } from './request.ts';

/** A comment after the product of a user agent (RFC 9110 §10.1.5). */
const MARK = ' (probe)';
const MARKED = /^relyable\/\S+ \(probe\)$/;

/** The user agent of a request that is sent only to see how a handler answers. */
export function markProbe(userAgent: string): string {
  return `${userAgent}${MARK}`;
}

/** Whether a request says that it is a probe. Any sender can say so: it changes the display, nothing else. */
export function isProbe(headers: readonly HeaderPair[]): boolean {
  return headerValues(headers, 'User-Agent').some((value) => MARKED.test(value));
}
