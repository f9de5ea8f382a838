import type { Packed } from './packing.ts';

export type ToThread =
  | { readonly type: 'open'; readonly file: string }
  /** A packed batch; the memory is the thread's until it answers. */
  | ({ readonly type: 'write' } & Packed)
  | { readonly type: 'close' };

/** An error's own text, as far as a user needs it. */
export interface ThreadError {
  readonly message: string;
  readonly hint: string | undefined;
}

export type FromThread =
  | { readonly type: 'open'; readonly error: ThreadError | null }
  | {
      readonly type: 'written';
      /** For each capture that is a repeat the id of the first of its event. */
      readonly firsts: ReadonlyArray<readonly [index: number, first: string]>;
      readonly error: ThreadError | null;
    }
  /** What was kept cannot be moved to where it is read; told once for each cause. */
  | { readonly type: 'trouble'; readonly error: ThreadError }
  | { readonly type: 'closed' };
