/** The largest seed: one 32-bit word. */
export const MAX_SEED = 2 ** 32 - 1;

/**
 * 32-bit words from a seed, the same on every machine and Node version: Marsaglia's xorshift
 * (Journal of Statistical Software 8:14, 2003). The streams of one seed are
 * independent.
 */
export function seededWords(seed: number, stream: string): () => number {
  // FNV-1a makes the states of neighbouring seeds, and of the streams of one seed, unlike.
  let state = 0x811c9dc5;
  for (const char of `${seed}/${stream}`) {
    state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
  }
  // xorshift never leaves zero, and never reaches it from another state.
  state ||= 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  // The first words after a state with few bits set are not random enough.
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** Numbers from 0 up to, not including, 1, like `Math.random`. */
export function seededFractions(seed: number, stream: string): () => number {
  const next = seededWords(seed, stream);
  return () => next() / 2 ** 32;
}
