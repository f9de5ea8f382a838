import chalk from 'chalk';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE } from '../../errors.ts';
import { changeAnswers, createSender } from '../../http/client/send.ts';
import type { Invocation } from '../../invocation.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { interruptedCode } from '../kit/invocation-config.ts';
import { adviseOn } from './advice.ts';
import { createRequest } from './deliver.ts';
import { type LoadProgress, type LoadSummary, sendMany } from './load.ts';
import type { TriggerOptions } from './options.ts';
import type { TriggerPlan } from './plan.ts';
import { formatLoadProgress, hintView, loadSummaryView } from './view.ts';

const PROGRESS_EVERY_MS = 100;

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
        onProgress: progress.update,
      },
    );
  } finally {
    progress.stop();
    sender.close();
  }
  terminal.show(loadSummaryView(summary, plan.request.to, expected));
  for (const hint of hintsOn(summary, plan, options)) terminal.note(hintView(hint));
  if (signal.aborted) return interruptedCode(context);
  if (summary.sent > 0 && summary.asExpected === summary.sent) return EXIT_SUCCESS;
  const isUnanswered = Object.keys(summary.statuses).length === 0;
  return isUnanswered ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}

interface ProgressDisplay {
  update(progress: LoadProgress): void;
  stop(): void;
}

/** A spinner with the counts on a terminal; elsewhere one line at the start. */
async function showProgress(
  { context, terminal, options }: Invocation<TriggerOptions>,
  to: URL,
): Promise<ProgressDisplay> {
  const { count, concurrency } = options;
  if (!terminal.isLive) {
    const what = count === undefined ? 'requests' : formatCount(count, 'request');
    terminal.info(`sending ${what} to ${safeLine(to.href)}, ${concurrency} at a time`);
    return { update: () => undefined, stop: () => undefined };
  }
  const { default: ora } = await import('ora');
  // ora takes its colours from chalk's shared instance.
  chalk.level = terminal.errorStyle.level;
  const spinner = ora({
    text: 'sending',
    discardStdin: false,
    isEnabled: true,
    spinner: terminal.isUtf8 ? 'dots' : 'line',
  }).start();
  let shownAt = context.elapsed();
  return {
    update: (progress) => {
      const at = context.elapsed();
      if (at - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = at;
      spinner.text = formatLoadProgress(progress, count);
    },
    stop: () => void spinner.stop(),
  };
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
