import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeText, isUtf16, readEnvValue, readIfExists } from '../../config/env-file.ts';
import { gitStatus } from '../../config/git-status.ts';
import { makeFolder } from '../kit/make-folder.ts';
import { describeFileProblem, errorCode, RelyableError } from '../../errors.ts';

/** What became of the config file. */
export type ConfigOutcome = 'written' | 'kept';

/** Writes the project's config; an existing file is never changed. */
export function writeConfig(
  file: string,
  config: Readonly<Record<string, unknown>>,
): ConfigOutcome {
  try {
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { flag: 'wx' });
    return 'written';
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'kept';
    throw unwritable(file, error);
  }
}

/** Writes a file that is not there yet, with the folders above it. */
export function writeNewFile(file: string, text: string): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw unwritable(file, error);
  }
}

/**
 * What became of the secret's line: `kept` if the file sets the variable to it already, `differs`
 * if it sets another value, `empty` if it sets none, `refused` if git would commit the file,
 * `tracked` if git has it.
 */
export type EnvOutcome = 'written' | 'kept' | 'differs' | 'empty' | 'refused' | 'tracked';

/** Adds `NAME=value` to an env file, unless that would overwrite something or reach git. */
export async function writeEnvLine(
  folder: string,
  fileName: string,
  name: string,
  value: string,
): Promise<EnvOutcome> {
  const file = join(folder, fileName);
  const bytes = readIfExists(file) ?? Buffer.alloc(0);
  const text = decodeText(bytes);
  const present = readEnvValue(text, name);
  // An empty value, as in `NAME=`, is left to the user as well.
  if (present === '') return 'empty';
  if (present !== undefined) return present === value ? 'kept' : 'differs';
  if (isUtf16(bytes)) {
    throw new RelyableError('INPUT_UNREADABLE', `${file}: expected UTF-8, got UTF-16`, {
      hint: 'save it as UTF-8: frameworks read only that',
    });
  }
  const status = await gitStatus(file);
  if (status === 'tracked') return 'tracked';
  if (status === 'not ignored') return 'refused';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : newline;
  try {
    appendFileSync(
      file,
      `${gap}${name}=${value}${newline}`,
      existsSync(file) ? {} : { mode: 0o600 },
    );
  } catch (error) {
    throw unwritable(file, error);
  }
  return 'written';
}

function unwritable(file: string, error: unknown): RelyableError {
  return new RelyableError(
    'INPUT_UNREADABLE',
    `${file} cannot be written: ${describeFileProblem(error)}`,
    {
      cause: error,
    },
  );
}
