import { type Found, info, ok, warning } from '../finding.ts';

/** Above this the two clocks count as different. The vendor publishes no limit: this is our own. */
const CLOCK_TOLERANCE_MS = 30_000;

/** The verdict on this machine's clock from the time in an answer of `whom`. */
export function judgeClock(nowMs: number, date: string | null, whom: string): Found {
  const theirs = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return info(`not compared: the answer of ${whom} has no date`);
  const skewMs = nowMs - theirs;
  if (Math.abs(skewMs) <= CLOCK_TOLERANCE_MS) return ok(`agrees with that of ${whom}`);
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return warning(
    `this clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${direction} that of ${whom}`,
    'turn on time synchronisation; times in logs and filters such as --since are off by as much',
  );
}
