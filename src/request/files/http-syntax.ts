/** A header's value as latin1, as a dump may hold it: one line, no NUL (RFC 9110 §5.5). */
// oxlint-disable-next-line no-control-regex
export const HEADER_VALUE = /^[^\u0000\r\n\u0100-\uffff]*$/;
