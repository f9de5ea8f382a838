import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { EXPORT_FORMATS, exportCaptures } from '../../request/export/export.ts';
import { createRedactor } from '../../request/redact/redact.ts';
import { TEST_SECRET } from '../../request/export/test-file.ts';
import { parseChoice } from '../../config/values.ts';
import { describeFileProblem, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { CapturesExportFlags } from './options.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { CaptureReader } from '../../store/captures.ts';
import { VERSION } from '../../version.ts';
import type { Capture } from '../../request/capture.ts';
import { loadLayers, storeFile } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';

/** Writes captures to a file or stdout, piece by piece. */
export async function run(invocation: Invocation<CapturesExportFlags>): Promise<number> {
  const { context, terminal, flags, args } = invocation;
  const format = parseChoice(flags.format, '--format', EXPORT_FORMATS);
  if (args.length > 0 === (flags.all === true)) {
    throw new RelyableError('USAGE', 'expected capture ids, or --all', {
      hint: 'relyable webhooks captures export last, or --all',
    });
  }
  const reader = await openCaptures(storeFile(invocation, await loadLayers(invocation)));
  const redactor = flags.redact === true ? createRedactor() : undefined;
  let count = 0;
  function* chosen(): Generator<Capture> {
    for (const capture of choose(reader, args)) {
      context.interrupt.throwIfAborted();
      count += 1;
      yield redactor?.redact(capture) ?? capture;
    }
  }
  try {
    // A name that is not there must not leave half a file.
    for (const name of args) requireCapture(reader, name);
    const pieces = exportCaptures(chosen(), format, VERSION);
    if (flags.output === undefined) await print(terminal, pieces);
    else await writeFile(resolve(context.cwd, flags.output), pieces);
  } finally {
    reader.close();
  }
  const where = flags.output === undefined ? '' : ` to ${flags.output}`;
  if (redactor !== undefined) {
    const replaced = Array.from(redactor.replaced, ([what, times]) => `${what} (${times})`);
    terminal.info(`replaced: ${replaced.length === 0 ? 'nothing' : safeLine(replaced.join(', '))}`);
    terminal.info(`signed with the test secret ${TEST_SECRET}, which is public`);
  }
  terminal.info(`exported ${formatCount(count, 'capture')} as ${format}${where}`);
  return EXIT_SUCCESS;
}

function* choose(reader: CaptureReader, names: readonly string[]): Generator<Capture> {
  if (names.length === 0) yield* reader.each({});
  for (const name of names) yield requireCapture(reader, name);
}

async function print(terminal: Terminal, pieces: Iterable<string | Buffer>): Promise<void> {
  for (const piece of pieces) {
    terminal.raw(piece);
    await terminal.taken();
  }
}

/** After so many pieces, a Ctrl-C gets its turn. */
const YIELD_EVERY = 100;

async function writeFile(file: string, pieces: Iterable<string | Buffer>): Promise<void> {
  let output: number;
  try {
    output = openSync(file, 'w');
  } catch (error) {
    throw new RelyableError('USAGE', `-o ${file}: ${describeFileProblem(error)}`, { cause: error });
  }
  let count = 0;
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length;) at += writeSync(output, bytes, at);
      count += 1;
      if (count % YIELD_EVERY === 0) await new Promise(setImmediate);
    }
  } finally {
    closeSync(output);
  }
}
