import type { Context } from '../../system/context.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { createLineBatch, type LineBatch } from '../../terminal/line-batch.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { attemptView } from '../kit/attempt-view.ts';
import type { EmulatorEvent } from './emulator/events.ts';
import { type EmulatorSummary, noticeView } from './view.ts';

/** Shows what happens in the emulator, and counts it. Attempts may be thousands a second. */
export class EmulatorDisplay {
  private readonly terminal: Terminal;
  private readonly out: LineBatch;
  private readonly stderr: Context['stderr'];
  private readonly counts = { attempts: 0, delivered: 0, failed: 0 };

  constructor({ stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>, terminal: Terminal) {
    this.terminal = terminal;
    this.stderr = stderr;
    this.out = createLineBatch(stdout, terminal.warn);
  }

  get summary(): EmulatorSummary {
    return this.counts;
  }

  show(event: EmulatorEvent): void {
    switch (event.type) {
      case 'attempt':
        this.showAttempt(event);
        return;
      case 'notice':
        this.showNotice(event);
        return;
      case 'warning':
        this.out.flush();
        this.terminal.warn(event.message);
    }
  }

  /** Writes what is buffered; to be called before the summary. */
  end(): void {
    this.out.end();
  }

  private showAttempt({ delivery }: Extract<EmulatorEvent, { type: 'attempt' }>): void {
    this.counts.attempts += 1;
    if (delivery.state === 'delivered') this.counts.delivered += 1;
    const entry = entriesOf(delivery).at(-1);
    if (entry === undefined) return;
    const view = attemptView({ entry, captureId: null }, entry.attempt.at);
    this.out.line(this.terminal.render(view) ?? '');
  }

  /** On stderr, also under --quiet: it replaces an e-mail. */
  private showNotice({ delivery }: Extract<EmulatorEvent, { type: 'notice' }>): void {
    this.counts.failed += 1;
    const line = this.terminal.render(noticeView(delivery)) ?? '';
    if (this.terminal.isJson) {
      this.out.line(line);
      return;
    }
    this.out.flush();
    this.stderr.write(`${line}\n`);
  }
}
