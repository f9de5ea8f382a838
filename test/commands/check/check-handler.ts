import { selectCases } from '../../../src/commands/check/battery.ts';
import {
  type BatteryEvent,
  type BatteryOptions,
  type CaseResult,
  runBattery,
} from '../../../src/commands/check/run-battery.ts';
import { elapsedMs } from '../../../src/system/latency.ts';
import { HANDLER_SECRET } from '../../support/handlers.ts';

export interface BatteryRun {
  readonly framework: string | null;
  readonly results: readonly CaseResult[];
}

/** The whole battery against a URL, with everything a run needs set to something sensible. */
export async function checkHandler(
  url: string,
  options: Partial<BatteryOptions> = {},
): Promise<BatteryRun> {
  let framework: string | null = null;
  const results: CaseResult[] = [];
  const onEvent = (event: BatteryEvent): void => {
    if (event.type === 'start') ({ framework } = event);
    else results.push(event.result);
  };
  const run = runBattery({
    url: new URL(url),
    cases: selectCases({ only: [], skip: [], isObserved: false }),
    secret: HANDLER_SECRET,
    known: [],
    language: null,
    userAgent: 'test',
    seed: 1,
    timeoutMs: 60_000,
    tls: { rejectUnauthorized: true },
    headers: [],
    bail: null,
    signal: new AbortController().signal,
    elapsed: elapsedMs,
    readState: null,
    ...options,
  });
  for await (const event of run) onEvent(event);
  return { framework, results };
}
