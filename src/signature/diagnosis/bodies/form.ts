import type { Reason } from '../../verify.ts';

/** A body that the MAC may cover, made from the received one. */
export interface BodyForm {
  readonly reason: Reason;
  /** Completes "the signature matches …", e.g. `the body without its last line feed`. */
  readonly name: string;
  readonly bytes: Buffer;
  /** What to change; only set if it says more than the fix of the reason. */
  readonly fix?: string;
  /** The received body wraps or encodes this one, which may itself differ from the signed body. */
  readonly isInner?: boolean;
}

/** Makes forms that have the same reason and fix. */
export function formMaker(
  reason: Reason,
  more: Pick<BodyForm, 'fix' | 'isInner'> = {},
): (name: string, value: string | Buffer) => BodyForm {
  return (name, value) => ({
    reason,
    name,
    bytes: typeof value === 'string' ? Buffer.from(value, 'utf8') : value,
    ...more,
  });
}
