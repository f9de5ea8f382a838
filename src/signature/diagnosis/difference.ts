/** Some bytes before a place and some from it on. */
export interface Excerpt {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The first place where two byte strings differ; one may end there. */
export interface Difference {
  /** Equal bytes before it. */
  readonly offset: number;
  readonly received: Excerpt;
  readonly signed: Excerpt;
}

const CONTEXT_BYTES = 24;

/** Where the body here and the signed bytes begin to differ; null when they are equal. */
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
