const LF = 0x0a;
const CR = 0x0d;

/** One line of bytes. */
export interface Line {
  /** Without its line end; latin1, so one character is one byte. */
  readonly text: string;
  /** Where the next line begins. */
  readonly next: number;
}

/** The line that begins at `at`; LF and CRLF both end one. */
export function readLine(bytes: Buffer, at: number): Line {
  const found = bytes.indexOf(LF, at);
  const end = found === -1 ? bytes.length : found;
  const next = found === -1 ? bytes.length : found + 1;
  const textEnd = end > at && bytes[end - 1] === CR ? end - 1 : end;
  return { text: bytes.toString('latin1', at, textEnd), next };
}

/** The length of the line end at `at`: 0, 1 (LF) or 2 (CRLF). */
export function lineEndAt(bytes: Buffer, at: number): 0 | 1 | 2 {
  if (bytes[at] === LF) return 1;
  return bytes[at] === CR && bytes[at + 1] === LF ? 2 : 0;
}

/** `end` moved back over one line end. */
export function beforeLineEnd(bytes: Buffer, start: number, end: number): number {
  if (end <= start || bytes[end - 1] !== LF) return end;
  return end - 1 > start && bytes[end - 2] === CR ? end - 2 : end - 1;
}
