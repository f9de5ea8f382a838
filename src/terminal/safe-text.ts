/**
 * Characters that could repaint a terminal, write to its clipboard or change the displayed order of text: C0
 * except tab and newline, DEL, C1, line separators, bidirectional controls, and halves of surrogate pairs.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Printable ASCII, which nearly all text is, needs no escapes. */
const PLAIN = /^[\x20-\x7e]*$/;

function visible(char: string): string {
  return `\\u{${char.charCodeAt(0).toString(16)}}`;
}

/** Makes text from outside safe for a terminal: unsafe characters become visible escapes; newlines are kept. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, visible);
}

/** `safeText` on one line: tabs and newlines become visible too. */
export function safeLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return safeText(text).replace(/[\t\n]/g, (char) => (char === '\n' ? '\\n' : '\\t'));
}

/** Output for another program in a form that is safe for a terminal. `isExact` says that nothing was changed. */
export function showBytes(content: string | Uint8Array): {
  readonly text: string;
  readonly isExact: boolean;
} {
  const isText = typeof content === 'string';
  const whole = isText ? content : Buffer.from(content).toString('utf8');
  const lines = whole.replaceAll('\r\n', '\n');
  const safe = safeText(lines);
  return {
    // Bytes may lack a final newline. It is added so that the next output begins a new line.
    text: isText || safe.endsWith('\n') ? safe : `${safe}\n`,
    isExact: safe === lines && (isText || Buffer.from(whole).equals(content)),
  };
}
