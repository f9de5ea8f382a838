import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../system/context.ts';
import { describeFileProblem, errorCode, RelyableError } from '../errors.ts';
import { makePrivateFolder } from '../system/private-folder.ts';

/**
 * Signing secrets of emulated endpoints by endpoint id, in a file of the user's data folder that
 * only the user can read. A store never contains a secret.
 */
export interface EndpointSecrets {
  get(id: string): string | undefined;
  set(id: string, secret: string): void;
  remove(id: string): void;
}

export function openEndpointSecrets(context: Context): EndpointSecrets {
  const folder = context.paths.data;
  const file = join(folder, 'emulator-secrets.json');
  const secrets = new Map(Object.entries(read(file)));
  const save = (): void => {
    const draft = `${file}.${context.pid}`;
    try {
      makePrivateFolder(folder);
      writeFileSync(draft, `${JSON.stringify(Object.fromEntries(secrets))}\n`, { mode: 0o600 });
      renameSync(draft, file);
    } catch (error) {
      throw unusable(file, error);
    }
  };
  return {
    get: (id) => secrets.get(id),
    set: (id, secret) => {
      secrets.set(id, secret);
      save();
    },
    remove: (id) => {
      if (secrets.delete(id)) save();
    },
  };
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw unusable(file, error);
  }
}

function unusable(file: string, error: unknown): RelyableError {
  // The parser's own message quotes the text, which is secret.
  const why = error instanceof SyntaxError ? 'not valid JSON' : describeFileProblem(error);
  return new RelyableError('SECRET_INVALID', `${file}: ${why}`, {
    hint: 'it has the secrets of emulated endpoints; make it readable, or remove it to use the common secret',
    cause: error,
  });
}
