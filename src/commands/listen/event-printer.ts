import type { Invocation } from '../../invocation.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import { createLineBatch, type LineBatch } from '../../terminal/line-batch.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { PrintedOptions } from './refusal-hints.ts';
import { listenEventView } from './view.ts';

/**
 * Prints events line by line: deliveries and refusals to stdout, where the lines of a few
 * milliseconds are one write; the others to stderr, or to stdout under `--json`.
 */
export class EventPrinter {
  private readonly terminal: Terminal;
  private readonly printed: PrintedOptions;
  private readonly lines: LineBatch;

  /** `printed` as in `listenEventView`. */
  constructor({ context, terminal }: Invocation<unknown>, printed: PrintedOptions) {
    this.terminal = terminal;
    this.printed = printed;
    this.lines = createLineBatch(context.stdout, terminal.warn);
  }

  print(event: ListenEvent): void {
    const view = listenEventView(event, this.printed);
    if (event.type === 'delivery' || event.type === 'refused') {
      const line = this.terminal.render(view);
      if (line !== null) this.lines.line(line);
      return;
    }
    if (event.type === 'summary') this.lines.end();
    else this.lines.flush();
    this.terminal.note(view);
  }
}
