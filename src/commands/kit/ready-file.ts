import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../system/context.ts';
import { orUsage, tryWriting } from './output-file.ts';

const OPTION = '--ready-file';

/** The whole content of a ready file. */
const URL_LINE = /^https?:\/\/\S+\n$/;
const MAX_URL_BYTES = 4096;

/**
 * Creates the folder of a ready file and checks that the file can be written; USAGE if it cannot. The file
 * itself is not created, because scripts wait until it exists. A file left by a killed run is removed.
 */
export function prepareReadyFile({ cwd }: Pick<Context, 'cwd'>, path: string | undefined): void {
  if (path === undefined) return;
  const file = resolve(cwd, path);
  orUsage(OPTION, path, () => {
    const kind = kindOf(file);
    tryWriting(kind === 'none' ? draftOf(file) : file);
    if (kind === 'file' && isLeftOver(file)) rmSync(file);
  });
}

/**
 * Writes the URL of a server that now accepts connections; the returned function removes the file. A reader
 * never sees a part of the URL. A pipe or a device is written to directly, and not removed.
 */
export function writeReadyFile(cwd: string, path: string | undefined, url: string): () => void {
  if (path === undefined) return () => undefined;
  const file = resolve(cwd, path);
  const isOther = kindOf(file) === 'other';
  orUsage(OPTION, path, () => {
    writeFileSync(isOther ? file : draftOf(file), `${url}\n`);
    if (!isOther) renameSync(draftOf(file), file);
  });
  return () => {
    if (!isOther) rmSync(file, { force: true });
  };
}

function kindOf(file: string): 'none' | 'file' | 'other' {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return 'none';
  return found.isFile() ? 'file' : 'other';
}

function isLeftOver(file: string): boolean {
  return lstatSync(file).size < MAX_URL_BYTES && URL_LINE.test(readFileSync(file, 'latin1'));
}

function draftOf(file: string): string {
  return `${file}.part`;
}
