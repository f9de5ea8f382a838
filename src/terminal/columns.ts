import type { OutputStream } from '../system/context.ts';

/**
 * The width of a terminal in columns; undefined where the stream is not a terminal, or one that
 * does not know its size (`script`, `docker run -t` and some CI report 0 columns).
 */
export function columnsOf({ columns }: Pick<OutputStream, 'columns'>): number | undefined {
  return columns !== undefined && columns > 0 ? columns : undefined;
}
