import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvValue, readTextIfExists } from '../../config/env-file.ts';
import { tryConnect } from '../../http/client/reachability.ts';
import { isPort } from './answers.ts';
import { type Framework, OTHER_FRAMEWORK, usualFor } from '../kit/frameworks.ts';
import { type Guess, readManifest } from '../kit/guess-framework.ts';

/** Default ports of dev servers. */
const USUAL_PORTS = [3000, 8000, 5000, 8080, 5173, 4321, 3001];

/**
 * The app's port: the one that the project names, else the framework's default. Where there is no
 * framework, a usual port if it is the only one in use, since other programs listen on such ports too.
 */
export async function guessPort(
  folder: string,
  framework: Framework,
  platform: NodeJS.Platform,
  signal: AbortSignal,
): Promise<Guess<number>> {
  const named = portInProject(folder);
  if (named !== undefined) return named;
  const usual = { value: framework.port, because: usualFor(framework) };
  if (framework.name !== OTHER_FRAMEWORK.name) return usual;
  // macOS itself listens there (AirPlay).
  const candidates = USUAL_PORTS.filter((port) => platform !== 'darwin' || port !== 5000);
  const open = await Promise.all(candidates.map((port) => isOpen(port, signal)));
  const running = candidates.filter((_, index) => open[index] === true);
  const [only] = running;
  if (running.length === 1 && only !== undefined) {
    return { value: only, because: 'something listens there' };
  }
  return usual;
}

async function isOpen(port: number, signal: AbortSignal): Promise<boolean> {
  const reaches = await Promise.all(
    ['127.0.0.1', '::1'].map((address) => tryConnect(address, port, signal)),
  );
  return reaches.some(({ error }) => error === null);
}

function portInProject(folder: string): Guess<number> | undefined {
  for (const file of ['.env.local', '.env']) {
    const path = join(folder, file);
    const value = isFile(path) ? readEnvValue(readTextIfExists(path) ?? '', 'PORT') : undefined;
    if (value !== undefined && isPort(value)) {
      return { value: Number(value), because: `PORT in ${file}` };
    }
  }
  const scripts = readManifest(folder)?.scripts ?? {};
  for (const name of ['dev', 'start:dev', 'start']) {
    const script = scripts[name];
    if (typeof script !== 'string') continue;
    const [, port] = /(?:--port[ =]|\s-p[ =]?|\bPORT=)(\d{2,5})\b/.exec(script) ?? [];
    if (port !== undefined && isPort(port)) {
      return { value: Number(port), because: `the script "${name}" of package.json` };
    }
  }
  return undefined;
}

/** Where the secret's line goes: a file the project already has, else the framework's usual one. */
export function guessEnvFile(folder: string, framework: Framework): Guess<string> {
  for (const file of [framework.envFile, '.env.local', '.env']) {
    if (isFile(join(folder, file))) return { value: file, because: 'it is there already' };
  }
  return { value: framework.envFile, because: usualFor(framework) };
}

/** `.env` may also be the folder of a virtual environment, or a pipe from a password manager. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
