import { RelyableError } from '../../errors.ts';

/** ISO 8601 in UTC with whole seconds, as in the published samples. */
export function formatTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** `now`, `sample`, or an ISO 8601 time with its zone, which is sent as typed; else USAGE. */
export function parseTimestamp(text: string, origin: string): string {
  if (text === 'now' || text === 'sample') return text;
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (isIso && !Number.isNaN(Date.parse(text))) return text;
  throw new RelyableError(
    'USAGE',
    `${origin}: expected now, sample or a time such as 2025-01-16T15:38:00Z, got "${text}"`,
  );
}
