import {
  closeSync,
  constants,
  createReadStream,
  open,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { addAbortSignal, pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { describeFileProblem, RelyableError } from '../../errors.ts';

/** The limit on an input that is read as a whole. The largest body that is stored fits, as base64. */
const MAX_INPUT_BYTES = 400 * 1024 * 1024;

/** The number of bytes that are read at once. */
const CHUNK_BYTES = 512 * 1024;

/** The extensions of the files that are read in a folder. */
const CAPTURE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.bru',
  '.csv',
  '.curl',
  '.har',
  '.hex',
  '.http',
  '.json',
  '.jsonl',
  '.log',
  '.ndjson',
  '.rest',
  '.sh',
  '.txt',
]);

/**
 * The bytes of a file, until `signal` aborts. Throws INPUT_UNREADABLE. A file whose name ends in `.gz`
 * is decompressed.
 */
export async function* readFileChunks(
  path: string,
  source: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let stream: Readable;
  try {
    stream = statSync(path).isFIFO()
      ? await openPipe(path, signal)
      : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw inputError(source, error);
  }
  const chunks = readStreamChunks(stream, source, signal);
  if (!/\.gz$/i.test(path)) {
    yield* chunks;
    return;
  }
  const { createGunzip } = await import('node:zlib');
  const unpacked = createGunzip();
  // The reader of the chunks gets the errors of both streams.
  pipeline(Readable.from(chunks), unpacked, () => undefined);
  yield* readStreamChunks(unpacked, source, signal);
}

/** The bytes of a stream, until `signal` aborts. Throws INPUT_UNREADABLE. */
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

/** Opens a named pipe. Reading a pipe like a file would block a thread, which cannot be interrupted. */
async function openPipe(path: string, signal: AbortSignal): Promise<Readable> {
  signal.throwIfAborted();
  const { Socket } = await import('node:net');
  // Opening it also blocks a thread until there is a writer, so an abort opens the pipe for writing.
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

/** All bytes of a stream, at most `MAX_INPUT_BYTES`. */
export async function collectChunks(
  chunks: AsyncIterable<Buffer>,
  source: string,
): Promise<Buffer> {
  const kept: Buffer[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > MAX_INPUT_BYTES) throw tooLarge(source);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

/**
 * The files that an operand names, as paths from `base`: the file itself, or every capture file below
 * a folder, sorted. `ignored` are the files in a folder with another extension. Links to
 * folders are not followed.
 */
export function listFiles(
  base: string,
  path: string,
): { readonly files: string[]; readonly ignored: string[] } {
  let isFolder: boolean;
  try {
    isFolder = statSync(resolve(base, path)).isDirectory();
  } catch (error) {
    throw inputError(path, error);
  }
  if (!isFolder) return { files: [path], ignored: [] };
  const files: string[] = [];
  const ignored: string[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(resolve(base, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const child = join(folder, entry.name);
      if (entry.isDirectory()) walk(child);
      else if (CAPTURE_EXTENSIONS.has(extensionOf(entry.name))) files.push(child);
      else ignored.push(child);
    }
  };
  try {
    walk(path);
  } catch (error) {
    throw inputError(path, error);
  }
  return { files, ignored };
}

/** The extension of a name, not counting `.gz`. */
function extensionOf(name: string): string {
  return extname(name.toLowerCase().replace(/\.gz$/, ''));
}

/**
 * Reads the files that an input in `folder` names, if they are in that folder or the current one. Other
 * files are refused: an input may come from someone else, and a replay sends the contents of the files.
 */
export function fileReader(folder: string, cwd: string): (name: string) => Buffer {
  return (name) => {
    try {
      const path = realpathSync(resolve(folder, name));
      if (![folder, cwd].some((base) => isInside(realpathSync(base), path))) {
        throw new RelyableError(
          'INPUT_UNREADABLE',
          `${name}: expected a file in the folder of the input or in the current folder`,
          { hint: 'copy it there, or put its content in place of the name' },
        );
      }
      const { size } = statSync(path);
      if (size > MAX_INPUT_BYTES) throw tooLarge(name);
      return readFileSync(path);
    } catch (error) {
      throw inputError(name, error);
    }
  };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path;
}

function tooLarge(source: string): RelyableError {
  return new RelyableError(
    'INPUT_UNREADABLE',
    `${source}: expected at most ${MAX_INPUT_BYTES / 1024 / 1024} MB, got more`,
    { hint: 'split it, or export it as NDJSON, which is read line by line' },
  );
}

function inputError(source: string, error: unknown): RelyableError {
  if (error instanceof RelyableError) return error;
  return new RelyableError('INPUT_UNREADABLE', `${source}: ${describeFileProblem(error)}`, {
    cause: error,
  });
}
