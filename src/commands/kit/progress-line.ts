import chalk from 'chalk';
import type { Invocation } from '../../invocation.ts';
import { formatNumber } from '../../terminal/format.ts';

const SHOWN_EVERY_MS = 100;
const BAR_WIDTH = 20;

/** A line at the bottom of the terminal that is redrawn in place. Other output is printed above it. */
export interface ProgressLine {
  /** Sets the function that returns the text; it is called for each drawing. */
  update(text: () => string): void;
  stop(): void;
}

/** Starts a progress line on stderr; null where `terminal.isLive` is not set. */
export async function startProgressLine(
  { context, terminal }: Pick<Invocation<unknown>, 'context' | 'terminal'>,
  text: string,
): Promise<ProgressLine | null> {
  if (!terminal.isLive) return null;
  const { default: ora } = await import('ora');
  // ora takes its colours from chalk's shared instance.
  chalk.level = terminal.errorStyle.level;
  const spinner = ora({
    text,
    discardStdin: false,
    isEnabled: true,
    spinner: terminal.isUtf8 ? 'dots' : 'line',
  }).start();
  let shownAt = context.elapsed();
  return {
    update: (textOf) => {
      const at = context.elapsed();
      if (at - shownAt < SHOWN_EVERY_MS) return;
      shownAt = at;
      spinner.text = textOf();
    },
    stop: () => void spinner.stop(),
  };
}

/** `█████░░░░░░░░░░░░░░░  12 of 40` */
export function formatProgressBar(done: number, total: number, isUtf8: boolean): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH);
  const [full, empty] = isUtf8 ? ['█', '░'] : ['#', '.'];
  const bar = full.repeat(filled) + empty.repeat(BAR_WIDTH - filled);
  return `${bar}  ${formatNumber(done)} of ${formatNumber(total)}`;
}
