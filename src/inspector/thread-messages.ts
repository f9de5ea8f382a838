import type { ErrorCode } from '../errors.ts';
import type { InspectorOptions } from './inspector-options.ts';

/** What the thread is started with. */
export type ThreadData = InspectorOptions;

/** How the API is reached, where it is configured. The key is used in the thread and goes nowhere else. */
export interface ApiAccess {
  readonly url: string;
  readonly deliveriesPath: string;
  readonly key: string;
}

export type FromInspector =
  | { readonly type: 'ready'; readonly url: string }
  | {
      readonly type: 'failed';
      /** null: a bug. */
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly hint: string | undefined;
    };

export type ToInspector = { readonly type: 'close' };
