import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describeFileProblem, RelyableError } from '../errors.ts';
import { makePrivateFolder } from '../system/private-folder.ts';

/**
 * Large parts of batches in files of their own, in a folder beside the store, each named by a row
 * in it: megabytes cost the database several times what they cost a file. Writing and sweeping are
 * for whoever holds the store's write lock: a file that no row names is nobody's then.
 */
export interface BatchFiles {
  /** The name of the file, once it is on disk (fsync'd). Throws what the file system says; then there is none. */
  write(batch: Uint8Array): string;
  /** Reads on from there until `into` is full; throws STORE_UNUSABLE where bytes are missing. */
  read(name: string, from: number, into: Buffer): void;
  /** No row names it any more: the next batch may be written over it, in half the time a new file takes. */
  release(name: string): void;
  /** Whether it is there with so many bytes; never so of a name that is not ours. */
  holds(name: string, size: number): boolean;
  /** Puts a file with other bytes than were written out of the way, kept for whoever looks; says so. */
  discard(name: string): RelyableError;
  /** Whether there may be any. */
  exist(): boolean;
  /** Removes those that no row names, released or left by a process that died, and the folder if it is empty. */
  sweep(isNamed: (name: string) => boolean): void;
}

const NAME_BYTES = 12;
/** A row that names anything else was not written by us. */
const NAME = /^[0-9a-f]{24}$/;

export function createBatchFiles(storeFile: string): BatchFiles {
  // Beside the file itself, as SQLite's own are, where a link leads to it.
  const folder = `${realpathSync(storeFile)}-batches`;
  const released: string[] = [];

  const damaged = (what: string): RelyableError =>
    new RelyableError('STORE_UNUSABLE', `the store ${storeFile} is damaged: ${what}`, {
      hint: 'put the file back to have the captures in it again; all others are there when you try again',
    });
  const pathOf = (name: string): string => {
    if (!NAME.test(name)) throw damaged('it names a file that is not its own');
    return join(folder, name);
  };

  return {
    write: (batch) => {
      const used = released.pop();
      // Whoever else ends sweeps as well.
      if (used !== undefined && fileAt(pathOf(used)) !== undefined) {
        writeFile(pathOf(used), 'r+', batch);
        return used;
      }
      const isNew = !existsSync(folder);
      makePrivateFolder(folder);
      const name = randomBytes(NAME_BYTES).toString('hex');
      writeFile(pathOf(name), 'wx', batch);
      syncFolder(folder);
      if (isNew) syncFolder(dirname(folder));
      return name;
    },
    read: (name, from, into) => {
      const path = pathOf(name);
      // Anything else in its place may be there for ever, or never end.
      if (fileAt(path) === undefined) throw damaged(`${path} is missing`);
      let size: number;
      try {
        size = readFile(path, from, into);
      } catch (error) {
        throw damaged(`${path}: ${describeFileProblem(error)}`);
      }
      if (size < into.length) throw damaged(`${path} is shorter than it was`);
    },
    release: (name) => void released.push(name),
    holds: (name, size) => {
      if (!NAME.test(name)) return false;
      return (fileAt(pathOf(name))?.size ?? -1) >= size;
    },
    discard: (name) => {
      const path = pathOf(name);
      renameSync(path, `${path}.damaged`);
      return damaged(`${path} is not as it was written (it is ${path}.damaged now)`);
    },
    exist: () => existsSync(folder),
    sweep: (isNamed) => {
      try {
        for (const name of readdirSync(folder)) {
          if (NAME.test(name) && !isNamed(name)) rmSync(pathOf(name), { force: true });
        }
        rmdirSync(folder);
      } catch {
        // There is none, or something is left in it: others' files, or what a virus scanner holds.
      }
    },
  };
}

/** What is known of a file; undefined where there is none, or something else. */
function fileAt(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found : undefined;
}

/** How many bytes: fewer where the file ends before. */
function readFile(path: string, from: number, into: Buffer): number {
  const descriptor = openSync(path, 'r');
  try {
    let at = 0;
    for (let count = -1; count !== 0 && at < into.length; at += count) {
      count = readSync(descriptor, into, at, into.length - at, from + at);
    }
    return at;
  } finally {
    closeSync(descriptor);
  }
}

function writeFile(path: string, flags: 'r+' | 'wx', bytes: Uint8Array): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
    fdatasyncSync(descriptor);
  } catch (error) {
    // On a full disk what was written of it is in the way of everything else.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The names in a folder are on disk once it is synced. Windows and some network file systems cannot
 * do that; SQLite goes on there as well.
 */
function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
  } catch {
    // See above.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
