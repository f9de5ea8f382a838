import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import type { WireProblem } from '../../relyable/api/wire.ts';
import type { LogEntry } from '../../relyable/log-entries.ts';
import { type EntryFilter, matchesFilter } from './entry-filter.ts';
import { attemptView } from '../kit/attempt-view.ts';
import type { CaptureLinker } from '../kit/api.ts';
import type { ExpectationWatcher } from '../kit/expectations/expectation-watcher.ts';
import type { LogsTailOptions } from './options.ts';
import type { CursorWriter } from './pages/cursor.ts';
import { observeAttempt } from './observe-attempt.ts';
import type { TailEvent } from './pages/tail-events.ts';
import type { Tracker } from './pages/tracker.ts';
import { formatTailNote } from './view.ts';

/**
 * What the tail does after an event; `fail` is a delivery given up under --exit-on-failure. The watcher
 * knows whether a `stop` is its verdict.
 */
export type Next = 'continue' | 'stop' | 'fail';

interface TailOutputOptions {
  readonly invocation: Invocation<LogsTailOptions>;
  readonly client: Pick<ApiClient, 'serverNow'>;
  readonly tracker: Tracker;
  readonly filter: EntryFilter;
  readonly linker: CaptureLinker;
  readonly cursor: CursorWriter;
  /** null where nothing is expected. */
  readonly watcher: ExpectationWatcher | null;
  /** Whether attempts are old until the tail has caught up: they are shown, but not counted as expected. */
  readonly beginsWithOld: boolean;
  reportProblems(problems: readonly WireProblem[]): void;
}

/** Shows the events of a tail and records how far it got. */
export class TailOutput {
  private readonly options: TailOutputOptions;
  private isOld: boolean;

  constructor(options: TailOutputOptions) {
    this.options = options;
    this.isOld = options.beginsWithOld;
  }

  /** Records how far the tail got, if it was not ended by an event. */
  end(): void {
    this.options.cursor.save(this.options.tracker);
  }

  async handle(event: TailEvent): Promise<Next> {
    const { invocation, tracker, cursor, reportProblems } = this.options;
    switch (event.type) {
      case 'attempt':
        return this.showAttempt(event.entry);
      case 'caught_up':
        this.isOld = false;
        cursor.caughtUp(tracker);
        break;
      case 'problems':
        reportProblems(event.problems);
        break;
      default:
        invocation.terminal.info(formatTailNote(event));
    }
    return 'continue';
  }

  /** Shows an attempt that matches the filter, and records it once stdout has taken it. */
  private async showAttempt(entry: LogEntry): Promise<Next> {
    const { invocation, client, tracker, filter, linker, cursor, watcher } = this.options;
    const { context, terminal, options } = invocation;
    const isMatching = matchesFilter(entry, filter);
    if (isMatching) {
      terminal.show(attemptView({ entry, captureId: linker.find(entry) }, client.serverNow()));
    }
    await terminal.taken();
    const isStopped = context.interrupt.aborted;
    // If the reader of stdout has left, it may not have read this attempt: --resume shows it again.
    if (isStopped && context.stoppedBy() === null) return 'stop';
    tracker.shown(entry);
    cursor.shown(entry);
    const isFailure = options.exitOnFailure && isMatching && entry.state === 'failed';
    const isExpected = isMatching && !this.isOld && watcher !== null;
    const isDecided = isExpected && watcher.observe(observeAttempt(entry));
    if (!isFailure && !isStopped && !isDecided) return 'continue';
    cursor.save(tracker);
    return isFailure ? 'fail' : 'stop';
  }
}
