import type { Reason } from '../verify.ts';

/** Bytes that a secret may have become where the signature was made. */
export interface SecretVariant {
  readonly reason: Reason;
  /** Completes "the key is …"; never contains the secret. */
  readonly name: string;
  readonly bytes: Buffer;
  /** What to change, where that is more than the reason says; else null. */
  readonly fix: string | null;
  /** Too rare, or too many, to be tried together with a changed body. */
  readonly isRare: boolean;
}

/** One way in which a secret changes, in both directions: what made it, and what undoes it. */
export interface SecretFamily {
  readonly reason: Reason;
  readonly fix?: string;
  readonly isRare?: boolean;
  readonly vary: (text: string, secret: Buffer) => readonly Named[];
}

export type Named = readonly [name: string, value: string | Buffer];
