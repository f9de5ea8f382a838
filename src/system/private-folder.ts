import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../errors.ts';

/**
 * Creates a folder that only the user can enter, and its parents. Node's own recursive option never
 * returns where the system reports a new folder as missing, as /proc does.
 */
export function makePrivateFolder(folder: string): void {
  if (existsSync(folder)) return;
  makePrivateFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it first.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
