import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../errors.ts';

/**
 * Makes a folder that only the user enters, and those above it. Node's own recursive way never
 * returns where the system calls a new folder missing, as /proc does.
 */
export function makePrivateFolder(folder: string): void {
  if (existsSync(folder)) return;
  makePrivateFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
