import { wrapParts } from '../../../terminal/format.ts';
import type { View } from '../../../terminal/terminal.ts';
import type { CheckCase } from '../check-case.ts';

/** `--list`: one case, in columns; the ids are padded to `idWidth`. */
export function caseView({ id, section, severity, title }: CheckCase, idWidth: number): View {
  return {
    text: ({ columns }) =>
      wrapParts([`${id.padEnd(idWidth)}  ${severity.padEnd(7)}`, title], '    ', columns),
    json: () => ({ type: 'case', v: 1, id, section, severity, title }),
  };
}
