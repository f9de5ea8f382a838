import { isAbsolute, normalize } from 'node:path';
import { didYouMean } from '../../did-you-mean.ts';
import { RelyableError } from '../../errors.ts';
import { FRAMEWORKS } from '../kit/frameworks.ts';

/** Parsers of options and of answers to questions; all throw USAGE, naming `origin`. */

export const FRAMEWORK_NAMES: readonly string[] = FRAMEWORKS.map(({ name }) => name);

/** The name of a framework that is known. */
export function parseFramework(text: string, origin: string): string {
  const given = text.toLowerCase() === 'nest' ? 'nestjs' : text.toLowerCase();
  const found = FRAMEWORK_NAMES.find((name) => name === given);
  if (found !== undefined) return found;
  throw new RelyableError('USAGE', `${origin}: expected a known framework, got "${text}"`, {
    hint: didYouMean(text, FRAMEWORK_NAMES) ?? `one of ${FRAMEWORK_NAMES.join(', ')}`,
  });
}

/** Whether a text is the number of a port that an app can listen on. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** A port that an app can listen on. */
export function parseAppPort(text: string, origin: string): number {
  if (isPort(text)) return Number(text);
  throw new RelyableError('USAGE', `${origin}: expected a port from 1 to 65535, got "${text}"`);
}

/** The path of a URL. */
export function parseHandlerPath(text: string, origin: string): string {
  if (/^\/[^\s#]*$/.test(text)) return text;
  throw new RelyableError(
    'USAGE',
    `${origin}: expected a path such as /webhooks/relyable, got "${text}"`,
  );
}

/** A file in the project's folder or below it. */
export function parseEnvFile(text: string, origin: string): string {
  const isInside = !isAbsolute(text) && !normalize(text).startsWith('..');
  if (isInside && /^[\w./-]*[\w-]$/.test(text)) return text;
  throw new RelyableError(
    'USAGE',
    `${origin}: expected a file in this folder, such as .env, got "${text}"`,
  );
}

/** The name of an environment variable. */
export function parseVariableName(text: string, origin: string): string {
  if (/^[A-Za-z_]\w*$/.test(text)) return text;
  throw new RelyableError('USAGE', `${origin}: expected the name of a variable, got "${text}"`);
}
