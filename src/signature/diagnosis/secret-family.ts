import type { Reason } from '../verify.ts';

/** A changed secret that the sender may have used as the key. */
export interface SecretVariant {
  readonly reason: Reason;
  /** Completes "the key is …"; never contains the secret. */
  readonly name: string;
  readonly bytes: Buffer;
  /** What to change; null if the fix of the reason says enough. */
  readonly fix: string | null;
  /** Not tried together with a changed body, because it is rare or one of many. */
  readonly isRare: boolean;
}

/** One kind of change to a secret, in both directions: making the change and undoing it. */
export interface SecretFamily {
  readonly reason: Reason;
  readonly fix?: string;
  readonly isRare?: boolean;
  readonly vary: (text: string, secret: Buffer) => readonly Named[];
}

export type Named = readonly [name: string, value: string | Buffer];
