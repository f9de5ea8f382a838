import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { RelyableError } from '../errors.ts';
import type { ProviderName } from './choice.ts';
import type { TunnelWorld } from './provider.ts';

/** A program that a provider runs. */
export interface Program {
  /** The name on PATH and in `--tunnel`. */
  readonly name: ProviderName | 'ssh';
  /** The environment variable that names another file for the program. */
  readonly pathVariable: string;
  /** How to install it, by platform. */
  readonly install: Readonly<Partial<Record<NodeJS.Platform, string>>> & {
    readonly other: string;
  };
}

/** The file of a program: the file in its environment variable, or else the first on PATH; undefined for none. */
export function findProgram(
  { name, pathVariable }: Program,
  { env, cwd, platform }: Pick<TunnelWorld, 'env' | 'cwd' | 'platform'>,
): string | undefined {
  const named = env[pathVariable];
  if (named !== undefined && named !== '') {
    const file = isAbsolute(named) ? named : resolve(cwd, named);
    return isExecutable(file) ? file : undefined;
  }
  const extensions = platform === 'win32' ? ['.exe', ''] : [''];
  const path = env['PATH'] ?? env['Path'] ?? '';
  return path
    .split(delimiter)
    .filter(isAbsolute)
    .flatMap((folder) => extensions.map((extension) => join(folder, `${name}${extension}`)))
    .find(isExecutable);
}

/** The file of a program. If there is none, throws NOT_FOUND with an install hint. */
export function requireProgram(program: Program, world: TunnelWorld): string {
  const file = findProgram(program, world);
  if (file !== undefined) return file;
  const named = world.env[program.pathVariable];
  if (named !== undefined && named !== '') {
    throw new RelyableError(
      'NOT_FOUND',
      `${program.pathVariable}: expected a program, ${named} is not one`,
      { hint: `unset ${program.pathVariable} to look for ${program.name} on PATH` },
    );
  }
  throw new RelyableError('NOT_FOUND', `${program.name} is not installed (not found on PATH)`, {
    hint: `${installHint(program, world.platform)}; or name its file with ${program.pathVariable}`,
  });
}

/** How to install a program on this platform. */
export function installHint({ install }: Program, platform: NodeJS.Platform): string {
  return install[platform] ?? install.other;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
