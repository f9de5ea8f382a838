/**
 * Ways to write one payload as bytes. Relyable does not publish which one it uses; a handler that
 * verifies the raw bytes accepts all of them.
 * - `compact`: `JSON.stringify`, the one that both of the vendor's samples accept
 * - `spaced`: `", "` and `": "`, as Python's `json.dumps` writes it
 * - `pretty`: two spaces of indent
 * - `ascii`: compact, with everything else as `\uXXXX`
 * - `decimal`: compact, with scores as decimals: `70.0`, as in the published sample
 * - `reordered`: compact, with the keys of every object in reverse
 */
export const WIRE_FORMATS = [
  'compact',
  'spaced',
  'pretty',
  'ascii',
  'decimal',
  'reordered',
] as const;

export type WireFormat = (typeof WIRE_FORMATS)[number];
