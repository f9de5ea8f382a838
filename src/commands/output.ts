import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { errorMessage, RelyableError } from '../errors.ts';

/** Writes a file the user named with `flag`; a folder that is missing is not made. */
export function writeOutput(
  context: Context,
  file: string,
  flag: string,
  content: string | Uint8Array,
): void {
  try {
    writeFileSync(resolve(context.cwd, file), content);
  } catch (error) {
    throw new RelyableError('USAGE', `${flag} ${file}: ${errorMessage(error)}`, { cause: error });
  }
}
