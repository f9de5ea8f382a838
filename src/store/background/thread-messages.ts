import type { Place } from '../journal/journal-writer.ts';

export type ToThread =
  | { readonly type: 'open'; readonly file: string }
  /** A segment was started. */
  | { readonly type: 'register'; readonly segment: string }
  /** A group of records was written: it is to be synced. */
  | { readonly type: 'written'; readonly place: Place }
  /** No segment is in use: everything can be drained and removed. */
  | { readonly type: 'finish' }
  | { readonly type: 'close' };

/** An error's own text, as far as a user needs it. */
export interface ThreadError {
  readonly message: string;
  readonly hint: string | undefined;
}

export type FromThread =
  | { readonly type: 'open'; readonly error: ThreadError | null }
  | { readonly type: 'registered'; readonly error: ThreadError | null }
  | {
      readonly type: 'indexed';
      /** For each capture of the group the id of the first of its event; null for the first. */
      readonly firsts: ReadonlyArray<string | null>;
      readonly error: ThreadError | null;
    }
  /** Nothing was written for a while, and everything is drained. */
  | { readonly type: 'idle' }
  /** The journal cannot be drained, or a part of it is damaged; reported once for each cause. */
  | { readonly type: 'trouble'; readonly error: ThreadError }
  | { readonly type: 'closed' };
