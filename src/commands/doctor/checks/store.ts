import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage, RelyableError } from '../../../errors.ts';
import { type Check, failure, failureOf, type Found, ok, warning } from '../finding.ts';

/** Whether captures can be read and stored. */
export const checkStore: Check = async ({ store: { value: file }, context }) => {
  const findings: Found[] = [];
  // Imported here: on a platform without its binary, the other checks still run.
  let read: () => void;
  try {
    const { openReader } = await import('../../../store/writer.ts');
    read = () => {
      const reader = openReader(file);
      reader?.list({}, 1);
      reader?.close();
    };
  } catch (error) {
    const message = `the storage library does not load here: ${errorMessage(error)}`;
    return [failure(message, 'reinstall relyable; see docs/platforms.md')];
  }
  if (!existsSync(file)) {
    const folder = nearestFolder(file);
    const found = isWritable(folder)
      ? ok(`none yet; created at first use: ${file}`)
      : failure(`${folder} is not writable, so no store can be created at ${file}`, NAME_ANOTHER);
    return [found];
  }
  try {
    read();
  } catch (error) {
    if (error instanceof RelyableError) return [failureOf(error)];
    throw error;
  }
  const isUsable = isWritable(file) && isWritable(dirname(file));
  const found = isUsable ? ok(file) : failure(`${file} can be read but not written`, NAME_ANOTHER);
  findings.push(found);
  // Windows has no such modes; there the folder's access list applies.
  if (context.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    const message = `others on this machine can read ${file}, and payloads hold transcripts`;
    findings.push(warning(message, `chmod 600 ${file}`));
  }
  return findings;
};

const NAME_ANOTHER = 'make it writable, or name another file with --store or RELYABLE_STORE';

function nearestFolder(file: string): string {
  let folder = dirname(file);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
