import { RelyableError } from '../errors.ts';
import { PROVIDER_NAMES, type TunnelChoice } from './choice.ts';
import { CLOUDFLARED, createCloudflaredProvider } from './cloudflared.ts';
import { createNgrokProvider, NGROK } from './ngrok.ts';
import { findProgram, installHint } from './program.ts';
import type { TunnelProvider, TunnelWorld } from './provider.ts';
import { createSshProvider } from './ssh.ts';
import { createTailscaleProvider, TAILSCALE } from './tailscale.ts';

/** In the order of `PROVIDER_NAMES`. */
const PROGRAMS = [CLOUDFLARED, NGROK, TAILSCALE];

/**
 * The provider of a choice. `auto` takes the first whose program is installed; `onFound` is told the
 * order and what was found. USAGE where a public URL was given that this provider cannot use.
 */
export function chooseProvider(
  choice: TunnelChoice,
  publicUrl: URL | undefined,
  world: TunnelWorld,
  onFound: (text: string) => void,
): TunnelProvider {
  if (choice.kind === 'ssh') return createSshProvider(choice.target, publicUrl, world);
  if (choice.kind === 'auto') {
    return chooseProvider({ kind: firstInstalled(world, onFound) }, publicUrl, world, onFound);
  }
  if (choice.kind === 'ngrok') return createNgrokProvider(publicUrl, world);
  if (publicUrl !== undefined) {
    throw new RelyableError(
      'USAGE',
      `--public-url does not go with --tunnel ${choice.kind}, which has an address of its own`,
      { hint: 'leave out one of the two' },
    );
  }
  return choice.kind === 'tailscale'
    ? createTailscaleProvider(world)
    : createCloudflaredProvider(world);
}

/** The provider that `auto` takes; null where the program of none is installed. */
export function findInstalled(
  world: Pick<TunnelWorld, 'env' | 'cwd' | 'platform'>,
): (typeof PROVIDER_NAMES)[number] | null {
  const index = PROGRAMS.findIndex((program) => findProgram(program, world) !== undefined);
  return PROVIDER_NAMES[index] ?? null;
}

function firstInstalled(
  world: TunnelWorld,
  onFound: (text: string) => void,
): (typeof PROVIDER_NAMES)[number] {
  const name = findInstalled(world);
  if (name !== null) {
    const missing = PROGRAMS.slice(0, PROVIDER_NAMES.indexOf(name)).map(
      (program) => `${program.name} is not installed`,
    );
    onFound(`tunnel: ${[...missing, `taking ${name}`].join(', ')}`);
    return name;
  }
  throw new RelyableError(
    'NOT_FOUND',
    `--tunnel: none of ${PROVIDER_NAMES.join(', ')} is installed`,
    {
      hint: `${installHint(CLOUDFLARED, world.platform)}; or --tunnel ssh:nokey@localhost.run, which needs only ssh`,
    },
  );
}
