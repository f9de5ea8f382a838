import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorMessage, RelyableError } from '../errors.ts';

/** The most an input that is read as a whole may hold. */
export const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/** What of a folder is read; other files in it may be anything. */
const CAPTURE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.http',
  '.txt',
  '.har',
  '.ndjson',
  '.jsonl',
]);

/** The bytes of a file, at most `MAX_INPUT_BYTES`. */
export function readWhole(path: string, source: string): Buffer {
  const file = openInput(path, source);
  try {
    const { size } = fstatSync(file);
    const chunks: Buffer[] = [];
    let total = 0;
    // Read to its end whatever the size said: a pipe says 0, and a file may still grow.
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.max(size - total, 0) + 64 * 1024);
      const count = readSync(file, chunk, 0, chunk.length, null);
      if (count === 0) return chunks.length === 1 ? (chunks[0] ?? chunk) : Buffer.concat(chunks);
      total += count;
      requireBounded(total, source);
      chunks.push(chunk.subarray(0, count));
    }
  } catch (error) {
    throw inputError(source, error);
  } finally {
    closeSync(file);
  }
}

/** The bytes of a stream, at most `MAX_INPUT_BYTES`. */
export async function readStream(stream: Readable, source: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    total += chunk.length;
    requireBounded(total, source);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The files an operand names: itself, or every capture file below a folder, sorted. `ignored`
 * counts the files of a folder that have another extension. A link to a folder is not followed.
 */
export function listFiles(path: string): { readonly files: string[]; readonly ignored: number } {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw inputError(path, error);
  }
  if (!isFolder) return { files: [path], ignored: 0 };
  const files: string[] = [];
  let ignored = 0;
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const child = join(folder, entry.name);
      if (entry.isDirectory()) walk(child);
      else if (CAPTURE_EXTENSIONS.has(extname(entry.name).toLowerCase())) files.push(child);
      else ignored += 1;
    }
  };
  try {
    walk(path);
  } catch (error) {
    throw inputError(path, error);
  }
  return { files, ignored };
}

/** A file opened for reading; the caller closes it. */
export function openInput(path: string, source: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw inputError(source, error);
  }
}

function requireBounded(total: number, source: string): void {
  if (total <= MAX_INPUT_BYTES) return;
  throw new RelyableError(
    'INPUT_UNREADABLE',
    `${source}: expected at most ${MAX_INPUT_BYTES / 1024 / 1024} MB, got more`,
    { hint: 'split it, or export it as NDJSON, which is read line by line' },
  );
}

function inputError(source: string, error: unknown): RelyableError {
  if (error instanceof RelyableError) return error;
  return new RelyableError('INPUT_UNREADABLE', `${source}: ${errorMessage(error)}`, {
    cause: error,
  });
}
