import type { ErrorCode } from '../errors.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import type { PublicAddressDocument } from './api-types.ts';
import type { InspectorOptions } from './inspector-options.ts';

/** What the thread is started with. */
export type ThreadData = InspectorOptions;

export type FromInspector =
  | { readonly type: 'ready'; readonly url: string }
  | {
      readonly type: 'failed';
      /** null: a bug. */
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly hint: string | undefined;
    };

export type ToInspector =
  | { readonly type: 'close' }
  | { readonly type: 'secrets'; readonly secrets: readonly SecretCandidate[] }
  | { readonly type: 'public-address'; readonly address: PublicAddressDocument | null };
