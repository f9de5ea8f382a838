import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import {
  describeFileProblem,
  EXIT_CHECK_FAILED,
  EXIT_SUCCESS,
  RelyableError,
} from '../../errors.ts';
import type { Capture } from '../../request/capture.ts';
import { exportCaptures } from '../../request/export/export.ts';
import { TEST_SECRET } from '../../request/export/test-file.ts';
import { createRedactor } from '../../request/redact/redact.ts';
import type { CaptureReader } from '../../store/captures.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { VERSION } from '../../version.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';
import { prepareOutput } from '../kit/output-file.ts';
import type { CapturesExportOptions } from './options.ts';
import { exportedView } from './view.ts';

/** Writes captures to a file or stdout, piece by piece. */
export async function run(invocation: Invocation<CapturesExportOptions>): Promise<number> {
  const { context, terminal, options, args } = invocation;
  const { format, output } = options;
  if (args.length > 0 === options.all) {
    throw new RelyableError('USAGE', 'expected capture ids, or --all', {
      hint: 'relyable webhooks captures export last, or --all',
    });
  }
  if (terminal.isJson && output === undefined && format !== 'ndjson') {
    throw new RelyableError('USAGE', `--json: an export as ${format} is not JSON of relyable`, {
      hint: 'leave --json out, or add -o <file>; --format ndjson is one JSON object per line',
    });
  }
  prepareOutput(context, output, '-o');
  const config = await readConfig(invocation);
  const damaged = new Set<string>();
  const onDamaged = (id: string): void => void damaged.add(id);
  const reader = await openCaptures(config.storeFile(), options.damaged ? { onDamaged } : {});
  const selection = new ExportSelection(invocation, reader);
  try {
    // An unknown id must not leave half a file behind.
    for (const name of args) requireCapture(reader, name);
    const pieces = exportCaptures(selection, format, VERSION);
    if (output === undefined) await printPieces(terminal, pieces);
    else await writePieces(resolve(context.cwd, output), pieces);
  } finally {
    reader.close();
  }
  selection.tellOfRedaction();
  const where = output === undefined ? '' : ` to ${output}`;
  if (output !== undefined) {
    terminal.show(exportedView({ exported: selection.count, format, file: output }));
  }
  terminal.info(`exported ${formatCount(selection.count, 'capture')} as ${format}${where}`);
  if (damaged.size === 0) return EXIT_SUCCESS;
  terminal.warn(`not as they were received: ${[...damaged].join(', ')}`);
  return EXIT_CHECK_FAILED;
}

/** The captures of an export in their order, redacted on demand, and how many were read. */
class ExportSelection implements Iterable<Capture> {
  count = 0;
  private readonly redactor: ReturnType<typeof createRedactor> | undefined;
  private readonly invocation: Invocation<CapturesExportOptions>;
  private readonly reader: CaptureReader;

  constructor(invocation: Invocation<CapturesExportOptions>, reader: CaptureReader) {
    this.invocation = invocation;
    this.reader = reader;
    this.redactor = invocation.options.redact ? createRedactor() : undefined;
  }

  *[Symbol.iterator](): Generator<Capture> {
    for (const capture of this.stored()) {
      this.invocation.context.interrupt.throwIfAborted();
      this.count += 1;
      yield this.redactor?.redact(capture) ?? capture;
    }
  }

  /** Says on stderr what was replaced, and which secret signs the result. */
  tellOfRedaction(): void {
    if (this.redactor === undefined) return;
    const { terminal } = this.invocation;
    terminal.info(`replaced: ${listCounts(this.redactor.replaced)}`);
    terminal.info(`kept: capture ids, times, statuses, ${listCounts(this.redactor.kept)}`);
    terminal.info(`signed with the test secret ${TEST_SECRET}, which is public`);
  }

  private *stored(): Generator<Capture> {
    const { args } = this.invocation;
    if (args.length === 0) yield* this.reader.each({});
    for (const name of args) yield requireCapture(this.reader, name);
  }
}

function listCounts(counts: ReadonlyMap<string, number>): string {
  const all = Array.from(counts, ([what, times]) => `${what} (${times})`);
  return all.length === 0 ? 'nothing' : safeLine(all.join(', '));
}

async function printPieces(terminal: Terminal, pieces: Iterable<string | Buffer>): Promise<void> {
  for (const piece of pieces) {
    terminal.raw(piece);
    await terminal.taken();
  }
}

/** How many pieces are written between two checks for Ctrl-C. */
const YIELD_EVERY = 100;

async function writePieces(file: string, pieces: Iterable<string | Buffer>): Promise<void> {
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
