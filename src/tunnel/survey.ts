import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { CLOUDFLARED } from './cloudflared.ts';
import { hasProgram, NGROK } from './ngrok.ts';
import { loadNgrokPackage } from './ngrok-package.ts';
import { findProgram, installHint, type Program } from './program.ts';
import type { TunnelWorld } from './provider.ts';
import { SSH } from './ssh.ts';
import { explainTailscale, TAILSCALE } from './tailscale.ts';

type SurveyWorld = Pick<TunnelWorld, 'env' | 'cwd' | 'platform'>;

/** The state of one provider on this machine. */
export interface SurveyedProvider {
  /** As `--tunnel` names it. */
  readonly id: Program['name'];
  /** The name for people. */
  readonly name: string;
  /** The version that the program prints; null if it is not installed or prints none. */
  readonly version: string | null;
  readonly isInstalled: boolean;
  /** Why it could not open a tunnel now; null if no obstacle is known. */
  readonly obstacle: string | null;
  /** How to remove the obstacle or to install the program; null if nothing needs to be done. */
  readonly fix: string | null;
}

/** Finds an obstacle in the state of a program, and its fix; null if there is none. */
type Look = (
  file: string,
  world: SurveyWorld,
  signal: AbortSignal,
) => Promise<Pick<SurveyedProvider, 'obstacle' | 'fix'> | null>;

interface Surveyed {
  readonly program: Program;
  readonly versionArgs: readonly string[];
  readonly look: Look;
}

const SURVEYED: readonly Surveyed[] = [
  { program: CLOUDFLARED, versionArgs: ['--version'], look: async () => null },
  { program: NGROK, versionArgs: ['version'], look: lookAtNgrok },
  { program: TAILSCALE, versionArgs: ['version'], look: lookAtTailscale },
  { program: SSH, versionArgs: ['-V'], look: async () => null },
];

const PROGRAM_LIMIT_MS = 3000;

/**
 * Checks the program, version and login of every provider, all at the same time. The result is in the order of
 * `PROVIDER_NAMES`, with `ssh` last. Opens no tunnel.
 */
export function surveyProviders(
  world: SurveyWorld,
  signal: AbortSignal,
): Promise<SurveyedProvider[]> {
  return Promise.all(SURVEYED.map((surveyed) => survey(surveyed, world, signal)));
}

async function survey(
  { program, versionArgs, look }: Surveyed,
  world: SurveyWorld,
  signal: AbortSignal,
): Promise<SurveyedProvider> {
  const { name } = program;
  const file = findProgram(program, world);
  if (program === NGROK && !hasProgram(world) && loadNgrokPackage() !== null) {
    return surveyPackage(world);
  }
  if (file === undefined) {
    const fix = installHint(program, world.platform);
    return { id: name, name, version: null, isInstalled: false, obstacle: null, fix };
  }
  const [{ output }, found] = await Promise.all([
    run(file, versionArgs, world, signal),
    look(file, world, signal),
  ]);
  const [version = null] = /\d+\.\d+[\w.-]*/.exec(output) ?? [];
  return { id: name, name, version, isInstalled: true, obstacle: null, fix: null, ...found };
}

function surveyPackage({ env }: SurveyWorld): SurveyedProvider {
  const hasToken = Boolean(env['NGROK_AUTHTOKEN']);
  return {
    id: 'ngrok',
    name: 'ngrok (the package @ngrok/ngrok)',
    version: null,
    isInstalled: true,
    obstacle: hasToken ? null : 'it has no authtoken',
    fix: hasToken ? null : 'export NGROK_AUTHTOKEN=… with the token of https://dashboard.ngrok.com',
  };
}

async function lookAtNgrok(
  file: string,
  world: SurveyWorld,
  signal: AbortSignal,
): ReturnType<Look> {
  if (world.env['NGROK_AUTHTOKEN']) return null;
  const { output } = await run(file, ['config', 'check'], world, signal);
  const [, config = ''] = /configuration file at (.+)/i.exec(output) ?? [];
  const path = config.trim();
  // ngrok prints where its file is, but not whether the file has a token.
  if (existsSync(path) && /^\s*authtoken:\s*\S/m.test(readFileSync(path, 'utf8'))) return null;
  return {
    obstacle: 'it has no authtoken',
    fix: 'ngrok config add-authtoken <token>, with the token of https://dashboard.ngrok.com, or set NGROK_AUTHTOKEN',
  };
}

async function lookAtTailscale(
  file: string,
  world: SurveyWorld,
  signal: AbortSignal,
): ReturnType<Look> {
  const { output } = await run(file, ['status', '--json'], world, signal);
  const [, state = ''] = /"BackendState":\s*"(\w+)"/.exec(output) ?? [];
  if (state === 'Running') return null;
  const problem = explainTailscale(`${state} ${output}`);
  return {
    obstacle: problem?.message ?? `it is not running (${state === '' ? 'no answer' : state})`,
    fix: problem?.hint ?? 'tailscale up',
  };
}

/** The output of a program on both streams; empty if it cannot be run or takes too long. */
function run(
  file: string,
  args: readonly string[],
  { env, cwd }: SurveyWorld,
  signal: AbortSignal,
): Promise<{ readonly output: string }> {
  const options = { env, cwd, signal, timeout: PROGRAM_LIMIT_MS, windowsHide: true };
  return new Promise((done) => {
    execFile(file, args, options, (_, stdout, stderr) => done({ output: `${stdout}\n${stderr}` }));
  });
}
