import type { RelyableError } from '../../../errors.ts';
import type { ApiClient } from '../../../relyable/api/client.ts';
import type { WireProblem } from '../../../relyable/api/wire.ts';
import type { LogEntry } from '../../../relyable/log-entries.ts';
import type { Backlog } from '../../../relyable/api/backlog.ts';
import type { Tracker } from './tracker.ts';

export type TailEvent =
  /** To be shown, and then noted with `tracker.shown`. */
  | { readonly type: 'attempt'; readonly entry: LogEntry }
  /** Nothing more to show for now: the position can be saved. */
  | { readonly type: 'caught_up' }
  | { readonly type: 'problems'; readonly problems: readonly WireProblem[] }
  /** The API does not answer as it should: reported once, then retried until it does. */
  | { readonly type: 'lost'; readonly error: RelyableError }
  | { readonly type: 'back'; readonly afterMs: number }
  /** Progress of catching up after a long absence: the deliveries found so far. */
  | { readonly type: 'catching_up'; readonly deliveries: number };

/** Where a tail begins. */
export type TailStart =
  | { readonly kind: 'last'; readonly count: number }
  /** ms since 1970. */
  | { readonly kind: 'since'; readonly time: number }
  /** The tracker's state comes from an earlier tail; `unshownFrom` as in its cursor. */
  | { readonly kind: 'resume'; readonly unshownFrom: number | null };

export interface TailOptions {
  readonly client: ApiClient;
  readonly tracker: Tracker;
  readonly backlog: Backlog;
  readonly start: TailStart;
  readonly intervalMs: number;
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to 1, for jitter. */
  random(): number;
  readonly signal: AbortSignal;
}
