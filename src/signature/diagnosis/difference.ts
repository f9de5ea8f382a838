/** A few bytes before an offset, and a few bytes from the offset on. */
export interface Excerpt {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The first difference between two byte strings. One of them may end at that offset. */
export interface Difference {
  /** Number of equal bytes before it. */
  readonly offset: number;
  readonly received: Excerpt;
  readonly signed: Excerpt;
}

const CONTEXT_BYTES = 24;

/** The first difference between the received body and the signed bytes; null where they are equal. */
export function findDifference(received: Buffer, signed: Buffer): Difference | null {
  if (received.equals(signed)) return null;
  let offset = 0;
  while (
    offset < received.length &&
    offset < signed.length &&
    received[offset] === signed[offset]
  ) {
    offset += 1;
  }
  return { offset, received: excerpt(received, offset), signed: excerpt(signed, offset) };
}

function excerpt(bytes: Buffer, offset: number): Excerpt {
  return {
    before: bytes.subarray(Math.max(0, offset - CONTEXT_BYTES), offset),
    after: bytes.subarray(offset, offset + CONTEXT_BYTES),
  };
}

/** Bytes as text: printable ASCII unchanged, every other byte as an escape. */
export function printableBytes(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\u0020-\u007e]/g, (char) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    return short ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
