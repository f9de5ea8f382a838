import { isListening } from '../../../http/client/reachability.ts';
import { isLoopback } from '../../../http/loopback.ts';
import type { Context } from '../../../system/context.ts';

/** The time between two connection attempts to an app on this machine, and to one elsewhere, ms. */
const EVERY_MS = 3000;
const REMOTE_EVERY_MS = 30_000;

export interface TargetWatch {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Since the last forward, ms. A forward shows more than a connection attempt. */
  idleMs(): number;
  onResult(isUp: boolean): void;
}

/** While nothing is forwarded, tries from time to time whether the app accepts connections. */
export async function watchTarget(
  target: string,
  { sleep }: Pick<Context, 'sleep'>,
  { signal, idleMs, onResult }: TargetWatch,
): Promise<void> {
  const url = new URL(target);
  const everyMs = isLoopback(url) ? EVERY_MS : REMOTE_EVERY_MS;
  while (!signal.aborted) {
    if (idleMs() >= everyMs) {
      const isUp = await isListening(url, signal).catch(() => false);
      if (!signal.aborted) onResult(isUp);
    }
    await sleep(everyMs, signal).catch(() => undefined);
  }
}
