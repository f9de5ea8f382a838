/** A token (RFC 9110 §5.6.2): a header's name, a method. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A header's value as latin1: one line, no NUL (RFC 9110 §5.5). */
// oxlint-disable-next-line no-control-regex
export const HEADER_VALUE = /^[^\u0000\r\n\u0100-\uffff]*$/;
