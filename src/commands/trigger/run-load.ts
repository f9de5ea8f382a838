import chalk from 'chalk';
import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_UNREACHABLE, EXIT_SUCCESS } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { createSender } from '../../http/client/send.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { formatLoadProgress, formatLoadSummary, loadSummaryToJson } from './view.ts';
import { adviseOn } from './advice.ts';
import { createRequest } from './deliver.ts';
import { type LoadProgress, type LoadSummary, sendMany } from './load.ts';
import { interruptedCode } from '../kit/invocation-config.ts';
import type { TriggerOptions } from './settings.ts';
import type { TriggerPlan } from './plan.ts';

const PROGRESS_EVERY_MS = 100;

/** `--count` and `--duration`: many requests and one summary. */
export async function runLoad(
  invocation: Invocation<TriggerFlags>,
  plan: TriggerPlan,
  load: NonNullable<TriggerOptions['load']>,
): Promise<number> {
  const { context, terminal } = invocation;
  const { to } = plan.request;
  const { concurrency } = load;
  const sender = createSender({
    timeoutMs: plan.timeoutMs,
    tls: plan.tls,
    signal: context.interrupt,
    connections: concurrency,
  });
  const progress = await showProgress(invocation, load, to);
  let summary: LoadSummary;
  try {
    summary = await sendMany(
      { ...load, expected: plan.expected },
      {
        sender,
        requestOf: (index) => createRequest(plan.payloadOf(index), plan.request),
        elapsed: () => context.elapsed(),
        sleep: (ms, signal) => context.sleep(ms, signal),
        signal: context.interrupt,
        onProgress: progress.update,
      },
    );
  } finally {
    progress.stop();
    sender.close();
  }
  if (terminal.isJson) terminal.json(loadSummaryToJson(summary, to));
  else terminal.data(formatLoadSummary(summary, plan.expected, terminal));
  for (const hint of hintsOn(summary, plan, load)) {
    if (!terminal.isJson) terminal.info(`${terminal.errorStyle.yellow('hint:')} ${safeLine(hint)}`);
  }
  if (context.interrupt.aborted) return interruptedCode(context);
  if (summary.sent > 0 && summary.asExpected === summary.sent) return EXIT_SUCCESS;
  const isSilent = Object.keys(summary.statuses).length === 0;
  return isSilent ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}

interface Progress {
  update(progress: LoadProgress): void;
  stop(): void;
}

/** A spinner with the counts on a TTY; elsewhere one line at the start. */
async function showProgress(
  { context, terminal }: Invocation<TriggerFlags>,
  { count, concurrency }: NonNullable<TriggerOptions['load']>,
  to: URL,
): Promise<Progress> {
  if (!terminal.isLive) {
    const what = count === undefined ? 'requests' : formatCount(count, 'request');
    terminal.info(`sending ${what} to ${safeLine(to.href)}, ${concurrency} at a time`);
    return { update: () => undefined, stop: () => undefined };
  }
  const { default: ora } = await import('ora');
  // ora paints with chalk's own instance.
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
  plan: TriggerPlan,
  load: NonNullable<TriggerOptions['load']>,
): string[] {
  const { expected, request, options } = plan;
  const answers = [
    ...Object.keys(summary.statuses).map((status) => ({ status: Number(status), error: null })),
    ...Object.keys(summary.errors).map((error) => ({ status: null, error })),
  ];
  const hints = answers
    .map((answer) =>
      adviseOn({ ...answer, headers: [] }, { to: request.to, tamper: options.tamper, expected }),
    )
    .filter((hint) => hint !== null);
  if (summary.endedBy === 'no answers')
    hints.unshift('stopped early: not one request was answered');
  const isSlow = load.rate !== undefined && summary.perSecond < load.rate * 0.9;
  if (isSlow && summary.sent > load.rate) {
    hints.push(`--rate ${load.rate} was not reached: raise --concurrency (${load.concurrency})`);
  }
  return [...new Set(hints)];
}
