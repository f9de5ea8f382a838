import type { Context } from '../system/context.ts';
import type { Terminal, View } from './terminal.ts';

/** Limits on what is printed in one write, and on the time without other events: characters and ms. */
const MAX_WAITING = 64 * 1024;
const TURN_EVERY_MS = 20;

/**
 * The data that a loop prints, where each round is short: what is shown before the program is idle
 * goes to stdout in one write, in its order. A write, and a turn of the event loop, for each round
 * cost more than most rounds.
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

  /** Writes what waits; call it before anything else goes to the same terminal. */
  flush(): void {
    if (this.waiting === '') return;
    const text = this.waiting;
    this.waiting = '';
    this.context.stdout.write(text);
  }

  /** Whether the loop is to await `taken` now. */
  get isDue(): boolean {
    return this.waiting.length >= MAX_WAITING || this.context.now() - this.turnAt >= TURN_EVERY_MS;
  }

  /** As `Terminal.taken`. */
  async taken(): Promise<void> {
    this.flush();
    await this.terminal.taken();
    this.turnAt = this.context.now();
  }
}
