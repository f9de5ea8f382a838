/**
 * C0 except tab and newline, DEL, C1, and the bidirectional controls: what could repaint a
 * terminal, write its clipboard or show text in another order than it has.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Printable ASCII, which nearly all text is, needs no escapes. */
const PLAIN = /^[\x20-\x7e]*$/;

function visible(char: string): string {
  return `\\u{${char.charCodeAt(0).toString(16)}}`;
}

/** Outside text made safe for a terminal: unsafe characters become visible escapes, lines stay. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** `safeText` on one line: tabs and newlines become visible too. */
export function safeLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return safeText(text).replace(/[\t\n]/g, (char) => (char === '\n' ? '\\n' : '\\t'));
}

/** Content for another program as a terminal may show it, and whether nothing was escaped. */
export function showBytes(content: string | Uint8Array): {
  readonly text: string;
  readonly isExact: boolean;
} {
  const isText = typeof content === 'string';
  const whole = isText ? content : Buffer.from(content).toString('utf8');
  const lines = whole.replaceAll('\r\n', '\n');
  const safe = safeText(lines);
  return {
    // The bytes of a message need not end with a line; what follows begins a new one.
    text: isText || safe.endsWith('\n') ? safe : `${safe}\n`,
    isExact: safe === lines && (isText || Buffer.from(whole).equals(content)),
  };
}
