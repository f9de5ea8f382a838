import { createInterface } from 'node:readline';
import type { Invocation } from '../../invocation.ts';
import { RelyableError } from '../../errors.ts';
import { columnsOf } from '../../terminal/columns.ts';
import { wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';

/** Asks one question at a time on stderr; answers are lines of stdin. */
export interface Asker {
  /** The answer, or `suggestion` for an empty line; asks again while `problem` returns a message. */
  ask(
    question: string,
    suggestion: string,
    problem: (answer: string) => string | undefined,
  ): Promise<string>;
  close(): void;
}

/**
 * The terminal stays in its own line mode, so that editing, echo and Ctrl-C work as they do in the
 * shell. Rejects when the input ends (Ctrl-D), with `endHint`, or when the program is interrupted.
 */
export function createAsker({ context, terminal }: Invocation<unknown>, endHint: string): Asker {
  const { stdin, stderr, interrupt } = context;
  const { legible } = terminal;
  const lines = createInterface({ input: stdin, terminal: false });
  const iterator = lines[Symbol.asyncIterator]();
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error('interrupted'));
    if (interrupt.aborted) stop();
    interrupt.addEventListener('abort', stop, { once: true });
  });
  // Without an open question, the rejection has no handler.
  stopped.catch(() => undefined);
  return {
    ask: async (question, suggestion, problem) => {
      for (;;) {
        const asked = `${question} [${safeLine(suggestion)}]: `;
        stderr.write(legible(wrapText(asked, '  ', columnsOf(stderr) ?? Infinity)));
        const { value, done } = await Promise.race([iterator.next(), stopped]);
        if (done === true) {
          stderr.write('\n');
          throw new RelyableError('USAGE', 'expected an answer, got the end of the input', {
            hint: endHint,
          });
        }
        const answer = value.trim() === '' ? suggestion : value.trim();
        const wrong = problem(answer);
        if (wrong === undefined) return answer;
        stderr.write(legible(`  ${wrong}\n`));
      }
    },
    close: () => lines.close(),
  };
}

/** The answer to a question for yes or no; null for any other word. */
export function isYes(answer: string): boolean | null {
  if (/^(y|yes)$/i.test(answer)) return true;
  return /^(n|no)$/i.test(answer) ? false : null;
}
