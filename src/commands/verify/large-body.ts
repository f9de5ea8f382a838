import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../system/context.ts';
import { eventInHead } from '../../relyable/payload-summary.ts';
import { parseSource } from '../../request/files/sources.ts';
import { wideEncodingOf } from '../../request/files/text-encoding.ts';
import { BodyVerifier, type SecretCandidate } from '../../signature/verify.ts';
import type { VerifyOptions } from './options.ts';
import type { VerifiedRequest } from './view.ts';

/** From this size on a body is verified while it is read, without being held in memory. */
const LARGE_BODY_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/**
 * The verdict on a large file with `--signature` whose bytes, as they are, match one of the chosen
 * secrets. Null where they do not, or where the file has to be read as a whole to say more.
 */
export async function verifyLargeBody(
  { cwd, interrupt }: Pick<Context, 'cwd' | 'interrupt'>,
  operands: readonly string[],
  { signature, format = 'body', explain }: Pick<VerifyOptions, 'signature' | 'format' | 'explain'>,
  secrets: readonly SecretCandidate[],
): Promise<VerifiedRequest | null> {
  const name = onlyFile(operands);
  if (name === null || signature === undefined || format !== 'body' || explain) return null;
  const path = resolve(cwd, name);
  if (!isLargeFile(path)) return null;
  const verifier = new BodyVerifier(signature, secrets);
  let event: string | null;
  try {
    event = await readBody(path, verifier, interrupt);
  } catch {
    interrupt.throwIfAborted();
    // The code that reads the file as a whole reports the problem.
    return null;
  }
  const verification = event === null ? null : verifier.result();
  if (verification === null) return null;
  return { source: name, index: 0, isOneOfMany: false, event, verification };
}

/** Gives a file's bytes to the verifier, and returns its event; null, early, where it begins without one. */
async function readBody(
  path: string,
  verifier: BodyVerifier,
  interrupt: AbortSignal,
): Promise<string | null> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const head = await readInto(file, buffer);
    const event = wideEncodingOf(head) === null ? eventInHead(head) : null;
    if (event === null) return null;
    for (let bytes = head; bytes.length > 0; bytes = await readInto(file, buffer)) {
      verifier.update(bytes);
      interrupt.throwIfAborted();
    }
    return event;
  } finally {
    await file.close();
  }
}

/** The one operand, where it names a file that is read as it is. */
function onlyFile([operand, ...more]: readonly string[]): string | null {
  if (operand === undefined || more.length > 0) return null;
  const source = parseSource(operand);
  return source.kind === 'path' && !/\.gz$/i.test(source.path) ? source.path : null;
}

function isLargeFile(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() === true && file.size >= LARGE_BODY_BYTES;
}

/** The next bytes of a file, in the buffer; none at its end. */
async function readInto(file: FileHandle, buffer: Buffer): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length);
  return buffer.subarray(0, bytesRead);
}
