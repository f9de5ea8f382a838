import { join } from 'node:path';
import type { SecretCandidate } from '../signature/verify.ts';
import type { Context } from '../system/context.ts';
import { ENV_FILES, readEnvValue, readTextIfExists } from './env-file.ts';

/**
 * The secrets in the env files of the working folder. Used only to recognise a signature; each is named by
 * its file. A file that cannot be read has none.
 */
export function envFileSecrets({ cwd }: Pick<Context, 'cwd'>, name: string): SecretCandidate[] {
  return ENV_FILES.flatMap((file) => {
    const value = readValue(join(cwd, file), name);
    if (value === undefined || value.trim() === '') return [];
    return [{ source: `${name} in ${file}`, value, role: 'known' as const }];
  });
}

function readValue(file: string, name: string): string | undefined {
  try {
    return readEnvValue(readTextIfExists(file) ?? '', name);
  } catch {
    return undefined;
  }
}
