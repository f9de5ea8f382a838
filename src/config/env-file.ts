import { readFileSync } from 'node:fs';
import { parseEnv, TextDecoder } from 'node:util';
import { describeFileProblem, errorCode, RelyableError } from '../errors.ts';
import { quotePosixIfNeeded } from '../shell-quote.ts';

/** The files in which frameworks look for an app's variables, in order of precedence. */
export const ENV_FILES = ['.env.local', '.env'] as const;

/** The text of a file; undefined where there is none, INPUT_UNREADABLE where it cannot be read. */
export function readTextIfExists(file: string): string | undefined {
  const bytes = readIfExists(file);
  return bytes === undefined ? undefined : decodeText(bytes);
}

/** A text without its byte order mark, from UTF-8 or the UTF-16 that `>` of Windows PowerShell writes. */
export function decodeText(bytes: Buffer): string {
  return decoderOf(bytes, false).decode(bytes);
}

function decoderOf(bytes: Buffer, fatal: boolean): TextDecoder {
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const encoding = isUtf16(bytes) ? 'utf-16le' : isBigEndian ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { fatal });
}

/**
 * The credential in a file: its text without the line end that editors and `echo` add. Throws an
 * Error with the reason for bytes of another encoding, which would become another credential.
 */
export function readCredentialFile(file: string): string {
  const bytes = readFileSync(file);
  let text: string;
  try {
    text = decoderOf(bytes, true).decode(bytes);
  } catch {
    throw new Error('expected text in UTF-8, got bytes of another encoding');
  }
  if (text.includes('\0')) {
    throw new Error(
      'expected text in UTF-8, got bytes of another encoding (UTF-16 without its mark?)',
    );
  }
  return text.replace(/\r?\n$/, '');
}

export function isUtf16(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xfe;
}

/** The bytes of a file; undefined where there is none, INPUT_UNREADABLE where it cannot be read. */
export function readIfExists(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new RelyableError('INPUT_UNREADABLE', `${file}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}

/** The value that an env file sets a variable to; undefined where it does not set it. */
export function readEnvValue(text: string, name: string): string | undefined {
  const values: Record<string, string | undefined> = parseEnv(text);
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** A command for a POSIX shell that exports one variable of an env file, as Node reads it. */
export function exportFromFile(file: string, name: string, isSet: boolean): string {
  // A variable of the shell would take precedence over the file.
  const node = isSet ? `env -u ${name} node` : 'node';
  return `export ${name}="$(${node} --env-file=${quotePosixIfNeeded(file)} -p process.env.${name})"`;
}
