import type { Context, OutputStream } from '../system/context.ts';

/**
 * The width of a terminal in columns; undefined where the stream is not a terminal, or one that
 * does not know its size (`script`, `docker run -t` and some CI report 0 columns).
 */
export function columnsOf({ columns }: Pick<OutputStream, 'columns'>): number | undefined {
  return columns !== undefined && columns > 0 ? columns : undefined;
}

/** The width in the `COLUMNS` of the environment (`watch` sets it, and users may); undefined without one. */
export function givenColumns(env: Context['env']): number | undefined {
  const given = Number.parseInt(env['COLUMNS'] ?? '', 10);
  return given > 0 ? given : undefined;
}

/** The width that text on a stream is wrapped to; undefined where neither the terminal's nor a given one is known. */
export function textColumns(
  stream: Pick<OutputStream, 'columns'>,
  env: Context['env'],
): number | undefined {
  return columnsOf(stream) ?? givenColumns(env);
}
