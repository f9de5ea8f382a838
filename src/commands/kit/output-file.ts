import { closeSync, lstatSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  if (file !== undefined) orUsage(name, file, () => tryWriting(resolve(cwd, file)));
}

/** The same for an absolute path, with the system's own errors. */
export function tryWriting(path: string): void {
  makeFolder(dirname(path));
  // Opening a pipe would wait for its reader.
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) return;
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  closeSync(openSync(path, 'a'));
  if (!isThere) rmSync(path);
}

/** Runs work on a file that an option names; any failure of it is USAGE, in words. */
export function orUsage(name: string, file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new RelyableError('USAGE', `${name} ${file}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}

/** Writes the file that an option or a variable names, or appends to it; USAGE where that fails. */
export function writeOutput(
  { cwd }: Pick<Context, 'cwd'>,
  file: string,
  name: string,
  content: string | Uint8Array,
  mode: 'replace' | 'append' = 'replace',
): void {
  const flag = mode === 'append' ? 'a' : 'w';
  orUsage(name, file, () => writeFileSync(resolve(cwd, file), content, { flag }));
}
