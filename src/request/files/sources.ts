/** Where bytes with requests are read from. */
export type FileSource =
  { readonly kind: 'stdin' } | { readonly kind: 'path'; readonly path: string };

/** What an operand of `verify` names. */
export type Source =
  | {
      readonly kind: 'capture';
      /** `cap_…`, or `last` for the newest. */
      readonly id: string;
    }
  | FileSource;

/** `cap_…`, `last`, `-`, else a path; a file of such a name is `./last`. */
export function parseSource(operand: string): Source {
  if (operand === '-') return { kind: 'stdin' };
  if (operand === 'last' || /^cap_[0-9a-z]+$/i.test(operand)) {
    return { kind: 'capture', id: operand };
  }
  return { kind: 'path', path: operand };
}
