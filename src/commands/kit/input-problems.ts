import { RelyableError } from '../../errors.ts';
import { formatCount } from '../../terminal/format.ts';

/** An input, or an entry of one, that cannot be read. */
export interface InputProblem {
  readonly source: string;
  readonly error: RelyableError;
}

/** The most problems that are kept; a log may have one in every line. */
const MAX_KEPT = 20;

/** What cannot be read among many inputs. It costs none of the others, and is an error at the end. */
export class InputProblems {
  readonly kept: InputProblem[] = [];
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(source: string, error: RelyableError): void {
    this.total += 1;
    if (this.kept.length < MAX_KEPT) this.kept.push({ source, error });
  }

  /** INPUT_UNREADABLE with every problem, where there is one; `done` says what was done with the rest. */
  throwIfAny(done: string): void {
    const [first] = this.kept;
    if (first === undefined) return;
    const isAlone = this.total === 1 && done === '';
    if (isAlone) throw first.error;
    const lines = this.kept.map(({ error }) => `\n  ${error.message}`);
    const more = this.total - lines.length;
    if (more > 0) lines.push(`\n  and ${more} more`);
    const what = formatCount(this.total, 'input or entry', 'inputs or entries');
    const rest = done === '' ? '' : `; ${done}`;
    throw new RelyableError(
      'INPUT_UNREADABLE',
      `${what} cannot be read${rest}:${lines.join('')}`,
      first.error.hint === undefined ? {} : { hint: first.error.hint },
    );
  }
}
