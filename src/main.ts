import { CommanderError } from 'commander';
import { toUsageError } from './command-tree.ts';
import { createProgram, ownArguments } from './program.ts';
import { type Context, signalExitCode } from './system/context.ts';
import { describeFileProblem, errorMessage, RelyableError } from './errors.ts';
import { createLegible } from './terminal/charset.ts';
import { textColumns } from './terminal/columns.ts';
import { errorToJson, formatError } from './terminal/error.ts';
import { safeText } from './terminal/safe-text.ts';
import { VERSION } from './version.ts';
import { safeJson } from './json/safe-json.ts';

export { systemContext } from './system/context.ts';

/** Runs what the user typed; the exit code. Nothing thrown gets past here. */
export async function main(context: Context): Promise<number> {
  let exitCode = 0;
  try {
    const program = createProgram(context, (code) => {
      exitCode = code;
    });
    await program.parseAsync([...context.argv], { from: 'user' });
    await tellOfUpdate(context);
    const problem = await context.outputProblem();
    if (problem !== null) throw unwritten(problem);
    return exitCode;
  } catch (thrown) {
    return report(context, thrown);
  }
}

/** The code for the update notice is loaded only on a terminal. */
async function tellOfUpdate(context: Context): Promise<void> {
  if (context.stderr.isTTY !== true || context.interrupt.aborted) return;
  const { mayNotify, takeNotice } = await import('./system/update-notice.ts');
  const notice = mayNotify(context) ? takeNotice(context, VERSION) : undefined;
  if (notice !== undefined) context.stderr.write(`\n${notice}\n`);
}

/** An incomplete file must not be mistaken for the whole output. */
function unwritten(problem: Error): RelyableError {
  const message = `stdout cannot be written: ${describeFileProblem(problem)}`;
  return new RelyableError('INPUT_UNREADABLE', message, { cause: problem });
}

function report(context: Context, thrown: unknown): number {
  if (context.interrupt.aborted && !(thrown instanceof RelyableError)) {
    const signal = context.stoppedBy();
    // Without a signal, the reader of stdout has left (`| head -1`), which is not an error.
    return signal === null ? 0 : signalExitCode(signal);
  }
  const error = toError(thrown);
  if (error === undefined) return 0;
  const legible = createLegible(context.env, context.platform);
  const ownArgs = ownArguments(context.argv);
  if (ownArgs.includes('--json')) {
    context.stderr.write(`${safeJson(errorToJson(error))}\n`);
  } else {
    context.stderr.write(
      legible(`${formatError(error, textColumns(context.stderr, context.env))}\n`),
    );
  }
  if (error.code === 'BUG' && ownArgs.includes('--verbose') && thrown instanceof Error) {
    context.stderr.write(legible(`${safeText(thrown.stack ?? '')}\n`));
  }
  return error.exitCode;
}

function toError(thrown: unknown): RelyableError | undefined {
  if (thrown instanceof RelyableError) return thrown;
  if (thrown instanceof CommanderError) return toUsageError(thrown);
  return new RelyableError('BUG', `a bug in relyable: ${errorMessage(thrown)}`, {
    hint: 'please report it with the command you ran; --verbose shows where it happened',
    cause: thrown,
  });
}
