import type { Packed } from './packing.ts';
import type { Rows } from './rows.ts';

export type ToThread =
  | { readonly type: 'open'; readonly file: string }
  | ({
      readonly type: 'write';
      /** How many captures are packed, and forwards behind them. */
      readonly captures: number;
      readonly forwards: number;
    } & Packed &
      Pick<Rows, 'answered' | 'reasons'>)
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
      /** For each capture the id of the first of its event; null for the first. */
      readonly firsts: ReadonlyArray<string | null>;
      readonly error: ThreadError | null;
      /** The one that came, given back. */
      readonly buffer: ArrayBuffer;
    }
  | { readonly type: 'closed' };
