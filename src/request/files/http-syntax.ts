/** The value of a header in a dump, as latin1: one line without NUL (RFC 9110 §5.5). */
// oxlint-disable-next-line no-control-regex
export const HEADER_VALUE = /^[^\u0000\r\n\u0100-\uffff]*$/;
