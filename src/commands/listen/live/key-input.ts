import type { Context, InputStream } from '../../../system/context.ts';
import { createKeyReader, type Key } from './keys.ts';
import type { Screen } from './screen.ts';

/**
 * Single keys from a terminal in raw mode, from its creation until `close`. The terminal is given
 * back as it was, also when the process exits in any other way.
 */
export class KeyInput {
  private readonly context: Context;
  private readonly stdin: InputStream;
  private readonly screen: Screen;
  private readonly readKeys = createKeyReader();
  private readonly onKey: (key: Key) => void;
  private readonly withdraw: ReadonlyArray<() => void>;

  constructor(context: Context, stdin: InputStream, screen: Screen, onKey: (key: Key) => void) {
    this.context = context;
    this.stdin = stdin;
    this.screen = screen;
    this.onKey = onKey;
    this.withdraw = [context.atExit(this.leave), context.onContinue(this.onContinue)];
    stdin.on('data', this.onData);
    // A terminal that was closed reports it with SIGHUP as well.
    stdin.on('error', () => undefined);
    context.stdout.on?.('resize', this.onResize);
    this.enter();
  }

  suspend(): void {
    this.leave();
    this.context.suspend();
    // The process has been continued, or there is no shell that could suspend it.
    this.resume();
  }

  close(): void {
    for (const withdraw of this.withdraw) withdraw();
    this.stdin.off('data', this.onData);
    this.context.stdout.off?.('resize', this.onResize);
    this.leave();
    this.stdin.pause();
  }

  private readonly onData = (chunk: Buffer | string): void => {
    for (const key of this.readKeys(chunk.toString())) this.onKey(key);
  };

  private readonly onResize = (): void => this.screen.resized();

  private readonly onContinue = (): void => {
    this.resume();
  };

  /** After `bg` the terminal stays the shell's: only lines are printed. */
  private resume(): void {
    if (!this.context.isForeground()) {
      this.screen.hide();
      this.stdin.pause();
      return;
    }
    // The shell may have changed the mode; Node sets it only where it believes that it changes.
    this.leave();
    this.enter();
  }

  private readonly enter = (): void => {
    this.stdin.setRawMode?.(true);
    this.stdin.resume();
    this.screen.show();
  };

  private readonly leave = (): void => {
    this.screen.hide();
    this.stdin.setRawMode?.(false);
  };
}
