import { parseDuration } from '../../../config/values.ts';
import { RelyableError } from '../../../errors.ts';

export const FAULT_KINDS = ['429', '500', 'slow', 'reset', 'garbage', 'html', 'shift'] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault of the API side and when it strikes. */
export interface Fault {
  readonly kind: FaultKind;
  /** Only for so many requests; Infinity for all. */
  readonly count: number;
  /** With this probability, from 0 to 1. */
  readonly share: number;
  /** How long `slow` waits. */
  readonly slowMs: number;
}

const DEFAULT_SLOW_MS = 3000;

/**
 * `--faults`: kinds with commas, each with how often after a colon: a number for the next so many
 * requests, a percentage for that share at random, nothing for every request; for `slow` a
 * duration too. `429:3,500:20%,slow:2s:50%`.
 */
export function parseFaults(text: string): Fault[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseFault);
}

function parseFault(part: string): Fault {
  const [name = '', ...details] = part.split(':');
  const kind = FAULT_KINDS.find((known) => known === name);
  if (kind === undefined) throw usage(part);
  let [count, share, slowMs] = [Infinity, 1, DEFAULT_SLOW_MS];
  for (const detail of details) {
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(detail);
    if (percent !== null && Number(percent[1]) <= 100) share = Number(percent[1]) / 100;
    else if (/^\d+$/.test(detail)) count = Number(detail);
    else if (kind === 'slow') slowMs = parseDuration(detail, '--faults slow');
    else throw usage(part);
  }
  return { kind, count, share, slowMs };
}

function usage(part: string): RelyableError {
  return new RelyableError(
    'USAGE',
    `--faults: expected ${FAULT_KINDS.join(', ')}, each alone or with :<times> or :<n>%, got "${part}"`,
    { hint: 'e.g. --faults 429:3,500:20%,slow:2s' },
  );
}

/** The faults that strike the next request, one after the other; only those that were taken count. */
export function createFaultPlan(
  faults: readonly Fault[],
  random: () => number,
): () => Iterable<Fault> {
  const left = faults.map(({ count }) => count);
  return function* strike() {
    for (const [index, fault] of faults.entries()) {
      const remaining = left[index] ?? 0;
      if (remaining <= 0 || random() >= fault.share) continue;
      left[index] = remaining - 1;
      yield fault;
    }
  };
}
