import type { Rows } from './rows.ts';

export type ToThread =
  | { readonly type: 'open'; readonly file: string }
  | ({
      readonly type: 'write';
      /** Here the rows are packed; the thread's until it answers. */
      readonly memory: SharedArrayBuffer;
      /** How many captures are packed, and forwards behind them. */
      readonly captures: number;
      readonly forwards: number;
    } & Pick<Rows, 'answered' | 'reasons'>)
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
  | { readonly type: 'closed' };
