import type { CaseResult } from '../run-battery.ts';
import { roundMs } from '../../../system/latency.ts';
import { type CheckReport, repeatCommand } from './report.ts';
import { safeJson } from '../../../json/safe-json.ts';
import type { JsonObject } from '../../../terminal/terminal.ts';

/** One line for one case. */
export function checkToJson(
  report: Pick<CheckReport, 'url' | 'seed' | 'repeatOptions'>,
  { durationMs, answers, ...result }: CaseResult,
): JsonObject {
  return {
    type: 'check',
    v: 1,
    ...result,
    answers: answers.map((answer) => ({ ...answer, durationMs: roundMs(answer.durationMs) })),
    durationMs: roundMs(durationMs),
    repeat: repeatCommand(report, result.id),
  };
}

/** The last line: the whole run. */
export function checkSummaryToJson(report: CheckReport): JsonObject {
  const { url, seed, framework, durationMs } = report;
  const { times, ...summary } = report.summary;
  return {
    type: 'summary',
    v: 1,
    url,
    seed,
    framework,
    ...summary,
    latencyMs:
      times === null ? null : { median: roundMs(times.medianMs), worst: roundMs(times.worstMs) },
    durationMs: roundMs(durationMs),
  };
}

/** The whole report as NDJSON. */
export function formatCheckJson(report: CheckReport): string {
  const lines = report.results.map((result) => checkToJson(report, result));
  return [...lines, checkSummaryToJson(report)].map((line) => safeJson(line)).join('\n');
}
