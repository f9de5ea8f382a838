import { toBytes } from './claim.ts';

/** The largest body that is accepted; the longest part of an event is a transcript. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Joins the parts of a body; null if it is larger than `MAX_BODY_BYTES`. The rest is still read, and
 * dropped, because a sender whose connection is closed while it writes does not see the answer.
 */
export async function readBody(
  parts: AsyncIterable<Uint8Array | string>,
): Promise<Uint8Array | null> {
  let kept: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    // Text, where something before has called `setEncoding('utf8')`.
    const bytes = toBytes(part);
    length += bytes.length;
    if (length <= MAX_BODY_BYTES) kept.push(bytes);
    else kept = [];
  }
  return length > MAX_BODY_BYTES ? null : join(kept, length);
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The parts of a fetch body; not every runtime can iterate over its streams. */
export async function* partsOf(
  stream: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array> {
  if (stream === null) return;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
