import { closeSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Context } from '../../system/context.ts';
import { describeFileProblem, RelyableError } from '../../errors.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes the folder of a file that is written later, and tries whether it can be written, so that a
 * run is not in vain; USAGE where it cannot. A file that is there keeps its content.
 */
export function prepareOutput(
  { cwd }: Pick<Context, 'cwd'>,
  file: string | undefined,
  name: string,
): void {
  if (file === undefined) return;
  const path = resolve(cwd, file);
  try {
    makeFolder(dirname(path));
    const found = statSync(path, { throwIfNoEntry: false });
    // To open a pipe waits for its reader.
    if (found?.isFIFO() === true) return;
    closeSync(openSync(path, 'a'));
    if (found === undefined) rmSync(path);
  } catch (error) {
    throw notWritable(name, file, error);
  }
}

function notWritable(name: string, file: string, cause: unknown): RelyableError {
  return new RelyableError('USAGE', `${name} ${file}: ${describeFileProblem(cause)}`, { cause });
}

/** Writes the file that an option or a variable names, or appends to it; USAGE where that fails. */
export function writeOutput(
  { cwd }: Pick<Context, 'cwd'>,
  file: string,
  name: string,
  content: string | Uint8Array,
  mode: 'replace' | 'append' = 'replace',
): void {
  try {
    writeFileSync(resolve(cwd, file), content, { flag: mode === 'append' ? 'a' : 'w' });
  } catch (error) {
    throw notWritable(name, file, error);
  }
}
