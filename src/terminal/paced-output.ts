import type { Context } from '../system/context.ts';
import type { Terminal, View } from './terminal.ts';

/** Limits on the text of one write (characters), and on the time without other events (ms). */
const MAX_WAITING = 64 * 1024;
const TURN_EVERY_MS = 20;

/**
 * The output of a loop with short iterations. The views of many iterations go to stdout in one write, in
 * order, because a write and a turn of the event loop would take longer than most iterations.
 */
export class PacedOutput {
  private readonly context: Pick<Context, 'stdout' | 'now'>;
  private readonly terminal: Terminal;
  private waiting = '';
  private turnAt: number;

  constructor(context: Pick<Context, 'stdout' | 'now'>, terminal: Terminal) {
    this.context = context;
    this.terminal = terminal;
    this.turnAt = context.now();
  }

  show(view: View): void {
    const text = this.terminal.render(view);
    if (text === null) return;
    if (this.waiting === '') setImmediate(() => this.flush());
    this.waiting += `${text}\n`;
  }

  /** Writes the waiting text. Call it before anything else is written to the same terminal. */
  flush(): void {
    if (this.waiting === '') return;
    const text = this.waiting;
    this.waiting = '';
    this.context.stdout.write(text);
  }

  /** Whether the loop should await `taken` now. */
  get isDue(): boolean {
    return this.waiting.length >= MAX_WAITING || this.context.now() - this.turnAt >= TURN_EVERY_MS;
  }

  /** Flushes, then waits like `Terminal.taken`. */
  async taken(): Promise<void> {
    this.flush();
    await this.terminal.taken();
    this.turnAt = this.context.now();
  }
}
