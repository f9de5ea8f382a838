/** Where bytes with requests are read from. */
export type FileSource =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'path'; readonly path: string };

/** A delivery of the API's log. */
export interface DeliverySource {
  readonly kind: 'delivery';
  /** The delivery's id in the log. */
  readonly id: string;
}

/** What an operand of `verify`, `captures import` and `captures replay` names. */
export type Source =
  | {
      readonly kind: 'capture';
      /** `cap_…`, or `last` for the newest. */
      readonly id: string;
    }
  | DeliverySource
  | FileSource;

/**
 * Parses an operand: `cap_…`, `last`, `dlv_…`, `delivery:<id>` or `-`; any other is a path. To name a
 * file `last`, write `./last`. The API does not document the form of its ids, so the id of a delivery
 * that does not begin with `dlv_` needs the prefix `delivery:`.
 */
export function parseSource(operand: string): Source {
  if (operand === '-') return { kind: 'stdin' };
  if (operand === 'last' || /^cap_[0-9a-z]+$/i.test(operand)) {
    return { kind: 'capture', id: operand };
  }
  const [, named] = /^delivery:(.+)$/.exec(operand) ?? [];
  if (named !== undefined || /^dlv_[\w-]+$/.test(operand)) {
    return { kind: 'delivery', id: named ?? operand };
  }
  return { kind: 'path', path: operand };
}
