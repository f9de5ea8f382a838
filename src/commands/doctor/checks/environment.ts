import { existsSync } from 'node:fs';
import { findConfigAbove } from '../../../config/load.ts';
import type { Context } from '../../../system/context.ts';
import { type Check, failure, failureOf, info, ok, warning } from '../finding.ts';

/** As `engines` in package.json says. */
const OLDEST_NODE: readonly [major: number, minor: number] = [20, 19];

export const checkNode: Check = async ({ context: { nodeVersion, platform } }) => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isSupported =
    major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const found = isSupported
    ? ok(`Node ${nodeVersion} on ${platform}`)
    : failure(
        `Node ${nodeVersion} is older than ${OLDEST_NODE.join('.')}, the oldest that works`,
        'install a newer Node; the current long-term release is a good choice',
      );
  return [found];
};

export const checkConfig: Check = async ({ context, layers, configErrors, configWarnings }) => {
  const findings = [
    ...configErrors.map(failureOf),
    ...configWarnings.map((message) => warning(message, 'fix the file')),
  ];
  if (findings.length > 0) return findings;
  const hasProjectConfig = layers.some(({ kind }) => kind === 'project');
  const above = hasProjectConfig ? undefined : findConfigAbove(context);
  const origins = layers.map(({ origin }) => origin);
  if (origins.length > 0) findings.push(ok(origins.join('; ')));
  if (above !== undefined) {
    const { file, endedAt } = above;
    const message = `${file} is not read: the search ends at ${endedAt}`;
    findings.push(info(message, `name it with --config ${file}, or RELYABLE_CONFIG=${file}`));
  } else if (origins.length === 0) {
    findings.push(info('no config file', 'relyable init writes one'));
  }
  return findings;
};

/** Whether this process runs in a container: Docker, Podman and Kubernetes leave files or variables. */
export function isInContainer(
  { env, platform }: Pick<Context, 'env' | 'platform'>,
  exists: (file: string) => boolean = existsSync,
): boolean {
  if (env['KUBERNETES_SERVICE_HOST'] || env['container']) return true;
  return platform === 'linux' && ['/.dockerenv', '/run/.containerenv'].some(exists);
}

export const checkContainer: Check = async ({ isContainer, listen }) => {
  if (!isContainer) return [ok('not in a container')];
  const isPrivate =
    listen.host === '127.0.0.1' || listen.host === '::1' || listen.host === 'localhost';
  const found = info(
    'in a container: localhost is the container itself',
    isPrivate
      ? `to be reached from outside: listen --host 0.0.0.0, with the port published (-p ${listen.port}:${listen.port}); the host's own services are at host.docker.internal`
      : "the host's own services are at host.docker.internal",
  );
  return [found];
};
