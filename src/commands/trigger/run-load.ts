import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE } from '../../errors.ts';
import { changeAnswers, createSender } from '../../http/client/send.ts';
import type { Invocation } from '../../invocation.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { interruptedCode } from '../kit/invocation-config.ts';
import { type ProgressLine, startProgressLine } from '../kit/progress-line.ts';
import { adviseOn } from './advice.ts';
import { createRequest } from './deliver.ts';
import { type LoadSummary, sendMany } from './load.ts';
import type { TriggerOptions } from './options.ts';
import type { TriggerPlan } from './plan.ts';
import { formatLoadProgress, hintView, loadSummaryView } from './view.ts';

/** `--count` and `--duration`: many requests and one summary. */
export async function runLoad(
  invocation: Invocation<TriggerOptions>,
  plan: TriggerPlan,
): Promise<number> {
  const { context, terminal, options } = invocation;
  const { count, duration: durationMs, concurrency, rate } = options;
  const { expected, timeoutMs, tls } = plan;
  const { interrupt: signal, elapsed, sleep } = context;
  const sender = changeAnswers(
    createSender({ timeoutMs, tls, signal, connections: concurrency }),
    plan.conceal,
  );
  const progress = await showProgress(invocation, plan.request.to);
  let summary: LoadSummary;
  try {
    summary = await sendMany(
      { count, durationMs, concurrency, rate, expected },
      {
        sender,
        requestOf: (index) => createRequest(plan.payloadOf(index), plan.request),
        elapsed,
        sleep,
        signal,
        onProgress: (done) => progress?.update(() => formatLoadProgress(done, count)),
      },
    );
  } finally {
    progress?.stop();
    sender.close();
  }
  terminal.show(loadSummaryView(summary, plan.request.to, expected));
  for (const hint of hintsOn(summary, plan, options)) terminal.note(hintView(hint));
  if (signal.aborted) return interruptedCode(context);
  if (summary.sent > 0 && summary.asExpected === summary.sent) return EXIT_SUCCESS;
  const isUnanswered = Object.keys(summary.statuses).length === 0;
  return isUnanswered ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}

/** A line with the counts on a terminal; elsewhere one line at the start, and null. */
async function showProgress(
  invocation: Invocation<TriggerOptions>,
  to: URL,
): Promise<ProgressLine | null> {
  const { terminal, options } = invocation;
  const line = await startProgressLine(invocation, 'sending');
  if (line === null) {
    const what = options.count === undefined ? 'requests' : formatCount(options.count, 'request');
    terminal.info(`sending ${what} to ${safeLine(to.href)}, ${options.concurrency} at a time`);
  }
  return line;
}

function hintsOn(
  summary: LoadSummary,
  { expected, request: { to, tamper } }: TriggerPlan,
  { rate, concurrency }: TriggerOptions,
): string[] {
  const answers = [
    ...Object.keys(summary.statuses).map((status) => ({ status: Number(status), error: null })),
    ...Object.keys(summary.errors).map((error) => ({ status: null, error })),
  ];
  const hints = answers
    .map((answer) => adviseOn({ ...answer, headers: [] }, { to, tamper, expected }))
    .filter((hint) => hint !== null);
  if (summary.endedBy === 'no answers') {
    hints.unshift('stopped early: no request was answered');
  }
  const isSlow = rate !== undefined && summary.perSecond < rate * 0.9;
  if (isSlow && summary.sent > rate) {
    hints.push(`--rate ${rate} was not reached: raise --concurrency (${concurrency})`);
  }
  return [...new Set(hints)];
}
