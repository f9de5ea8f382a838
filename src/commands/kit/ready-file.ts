import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeFileProblem, RelyableError } from '../../errors.ts';

/** Writes the URL of a server that accepts connections now; the returned function removes it. */
export function writeReadyFile(cwd: string, path: string | undefined, url: string): () => void {
  if (path === undefined) return () => undefined;
  const file = resolve(cwd, path);
  try {
    writeFileSync(file, `${url}\n`);
  } catch (error) {
    throw new RelyableError('USAGE', `--ready-file ${path}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
  return () => rmSync(file, { force: true });
}
