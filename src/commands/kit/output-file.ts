import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../system/context.ts';
import { describeFileProblem, RelyableError } from '../../errors.ts';

/**
 * Writes the file that an option or a variable names, or appends to it; USAGE where that fails. A
 * missing folder is not created.
 */
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
    throw new RelyableError('USAGE', `${name} ${file}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}
