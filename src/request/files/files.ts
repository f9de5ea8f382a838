import { closeSync, constants, createReadStream, open, readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { describeFileProblem, RelyableError } from '../../errors.ts';

/** The most bytes of an input that is read as a whole. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/** The files of a folder that are read. */
const CAPTURE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.http',
  '.txt',
  '.har',
  '.ndjson',
  '.jsonl',
]);

/** A file's bytes, until `signal` aborts; a problem is INPUT_UNREADABLE. */
export async function* readFileChunks(
  path: string,
  source: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let stream: Readable;
  try {
    stream = statSync(path).isFIFO() ? await openPipe(path, signal) : createReadStream(path);
  } catch (error) {
    throw inputError(source, error);
  }
  yield* readStreamChunks(stream, source, signal);
}

/** A stream's bytes, likewise. */
export async function* readStreamChunks(
  stream: Readable,
  source: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    yield* addAbortSignal(signal, stream) as AsyncIterable<Buffer>;
  } catch (error) {
    signal.throwIfAborted();
    throw inputError(source, error);
  }
}

/** A named pipe. Reading it like a file blocks a thread that nothing can interrupt. */
async function openPipe(path: string, signal: AbortSignal): Promise<Readable> {
  signal.throwIfAborted();
  const { Socket } = await import('node:net');
  // Opening it blocks such a thread too, until there is a writer.
  const wake = (): void => {
    open(path, constants.O_WRONLY | constants.O_NONBLOCK, (error, fd) => {
      if (error === null) closeSync(fd);
    });
  };
  signal.addEventListener('abort', wake, { once: true });
  try {
    return new Socket({ fd: await promisify(open)(path, 'r'), readable: true, writable: false });
  } finally {
    signal.removeEventListener('abort', wake);
  }
}

/** All of a stream's bytes, at most `MAX_INPUT_BYTES`. */
export async function collectChunks(
  chunks: AsyncIterable<Buffer>,
  source: string,
): Promise<Buffer> {
  const kept: Buffer[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > MAX_INPUT_BYTES) {
      throw new RelyableError(
        'INPUT_UNREADABLE',
        `${source}: expected at most ${MAX_INPUT_BYTES / 1024 / 1024} MB, got more`,
        { hint: 'split it, or export it as NDJSON, which is read line by line' },
      );
    }
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

/**
 * The files that an operand names, as paths from `base`: itself, or every capture file below a
 * folder, sorted. `ignored` is the number of files in a folder with another extension. Links to
 * folders are not followed.
 */
export function listFiles(
  base: string,
  path: string,
): { readonly files: string[]; readonly ignored: number } {
  let isFolder: boolean;
  try {
    isFolder = statSync(resolve(base, path)).isDirectory();
  } catch (error) {
    throw inputError(path, error);
  }
  if (!isFolder) return { files: [path], ignored: 0 };
  const files: string[] = [];
  let ignored = 0;
  const walk = (folder: string): void => {
    const entries = readdirSync(resolve(base, folder), { withFileTypes: true });
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

function inputError(source: string, error: unknown): RelyableError {
  if (error instanceof RelyableError) return error;
  return new RelyableError('INPUT_UNREADABLE', `${source}: ${describeFileProblem(error)}`, {
    cause: error,
  });
}
