/** Ways to tamper with a signed request; a correct handler refuses each with 401 or 403. */
export const TAMPERS = [
  'body',
  'signature',
  'secret',
  'missing',
  'empty',
  'prefix',
  'uppercase',
  'base64',
  'truncated',
] as const;

export type Tamper = (typeof TAMPERS)[number];
