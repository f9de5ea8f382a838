import { parseDuration } from '../../../config/values.ts';
import { RelyableError } from '../../../errors.ts';

export const FAULT_KINDS = ['429', '500', 'slow', 'reset', 'garbage', 'html', 'shift'] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault of the API, and when it strikes. */
export interface Fault {
  readonly kind: FaultKind;
  /** The number of requests it applies to; Infinity for all. */
  readonly count: number;
  /** The probability that a request gets the fault, from 0 to 1. */
  readonly share: number;
  /** How long `slow` waits. */
  readonly slowMs: number;
}

const DEFAULT_SLOW_MS = 3000;

/**
 * Parses kinds separated by commas, each with its frequency after a colon: a number for the next n
 * requests, a percentage for a random share, nothing for every request. `slow` takes a duration
 * too. Example: `429:3,500:20%,slow:2s:50%`.
 */
export function parseFaults(text: string, name: string): Fault[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseFault(part, name));
}

function parseFault(part: string, name: string): Fault {
  const [word = '', ...details] = part.split(':');
  const kind = FAULT_KINDS.find((known) => known === word);
  if (kind === undefined) throw usage(part, name);
  let [count, share, slowMs] = [Infinity, 1, DEFAULT_SLOW_MS];
  for (const detail of details) {
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(detail);
    if (percent !== null && Number(percent[1]) <= 100) share = Number(percent[1]) / 100;
    else if (/^\d+$/.test(detail)) count = Number(detail);
    else if (kind === 'slow') slowMs = parseDuration(detail, `${name} slow`);
    else throw usage(part, name);
  }
  return { kind, count, share, slowMs };
}

function usage(part: string, name: string): RelyableError {
  return new RelyableError(
    'USAGE',
    `${name}: expected ${FAULT_KINDS.join(', ')}, each alone or with :<times> or :<n>%, got "${part}"`,
    { hint: 'e.g. --faults 429:3,500:20%,slow:2s' },
  );
}

/** Yields the faults of the next request; only those that are iterated over count. */
export function createFaultPlan(
  faults: readonly Fault[],
  random: () => number,
): () => Iterable<Fault> {
  const left = faults.map(({ count }) => count);
  return function* nextFaults() {
    for (const [index, fault] of faults.entries()) {
      const remaining = left[index] ?? 0;
      if (remaining <= 0 || random() >= fault.share) continue;
      left[index] = remaining - 1;
      yield fault;
    }
  };
}
