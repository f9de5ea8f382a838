import type { JsonNode } from '../../../json/tree.ts';
import type { Reason } from '../../verify.ts';

/** A JSON document that was changed before it was signed, or after. */
export interface DocumentChange {
  readonly reason: Reason;
  /** Completes "the signature matches …, as <library> writes it". */
  readonly name: string;
  readonly fix: string;
  /** Returns the changed document; null where there is nothing to change. */
  readonly change: (root: JsonNode) => JsonNode | null;
  /** Only the text without white space is tried, not the text of every library. */
  readonly isCompactOnly?: boolean;
}

/** Makes changes that have the same reason and fix. */
export function changeMaker(
  reason: Reason,
  fix: string,
  more: Pick<DocumentChange, 'isCompactOnly'> = {},
): (name: string, change: DocumentChange['change']) => DocumentChange {
  return (name, change) => ({ reason, name, fix, change, ...more });
}
