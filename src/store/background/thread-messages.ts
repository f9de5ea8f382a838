import type { Group } from '../rows.ts';

export type ToThread =
  | {
      readonly type: 'open';
      readonly file: string;
      /** When the listener started, ms since 1970; null if no listener uses the store. */
      readonly startedAt: number | null;
    }
  | { readonly type: 'write'; readonly group: Group }
  | { readonly type: 'close'; readonly endedAt: number | null };

/** The parts of an error that are shown to users. */
export interface ThreadError {
  readonly message: string;
  readonly hint: string | undefined;
}

export type FromThread =
  | { readonly type: 'open'; readonly error: ThreadError | null }
  | {
      readonly type: 'written';
      /** For each capture of the group, the id of the first capture of its event; null for the first. */
      readonly firsts: ReadonlyArray<string | null>;
      /** If this is not null, no part of the group was stored. */
      readonly error: ThreadError | null;
    }
  | { readonly type: 'closed' };
