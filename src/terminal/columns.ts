import type { Context, OutputStream } from '../system/context.ts';

/**
 * The width of a terminal in columns; undefined if the stream is not a terminal, or if the terminal does not
 * know its size (`script`, `docker run -t` and some CI systems report 0 columns).
 */
export function columnsOf({ columns }: Pick<OutputStream, 'columns'>): number | undefined {
  return columns !== undefined && columns > 0 ? columns : undefined;
}

/** The width in the environment variable `COLUMNS`, which `watch` or users set; undefined if it is not set. */
export function givenColumns(env: Context['env']): number | undefined {
  const given = Number.parseInt(env['COLUMNS'] ?? '', 10);
  return given > 0 ? given : undefined;
}

/** The width to which text on a stream is wrapped; undefined if neither the terminal nor `COLUMNS` gives one. */
export function textColumns(
  stream: Pick<OutputStream, 'columns'>,
  env: Context['env'],
): number | undefined {
  return columnsOf(stream) ?? givenColumns(env);
}
