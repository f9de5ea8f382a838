import { RelyableError } from '../errors.ts';
import { PROVIDER_NAMES, type ProviderName, type TunnelChoice } from './choice.ts';
import { CLOUDFLARED, createCloudflaredProvider } from './cloudflared.ts';
import { createNgrokProvider } from './ngrok.ts';
import { installHint } from './program.ts';
import type { TunnelProvider, TunnelWorld } from './provider.ts';
import { createSshProvider } from './ssh.ts';
import { surveyProviders } from './survey.ts';
import { createTailscaleProvider } from './tailscale.ts';

export interface ProviderQuestion {
  readonly choice: TunnelChoice;
  readonly publicUrl: URL | undefined;
  readonly signal: AbortSignal;
  /** Called for `auto` with a text about the order of providers and the findings. */
  readonly onFound: (text: string) => void;
}

/**
 * The provider for a choice. `auto` selects the first provider that is ready, or else the first that is
 * installed, because its failure is the most helpful. Throws USAGE if the provider cannot use the public URL.
 */
export async function chooseProvider(
  { choice, publicUrl, signal, onFound }: ProviderQuestion,
  world: TunnelWorld,
): Promise<TunnelProvider> {
  if (choice.kind !== 'auto') return createProvider(choice, publicUrl, world);
  const { name, isReady, found } = await findProvider(world, signal);
  if (name !== null) {
    onFound(`tunnel: ${[...found, isReady ? `taking ${name}` : `trying ${name}`].join(', ')}`);
    return createProvider({ kind: name }, publicUrl, world);
  }
  throw new RelyableError(
    'NOT_FOUND',
    `--tunnel: none of ${PROVIDER_NAMES.join(', ')} is installed`,
    {
      hint: `${installHint(CLOUDFLARED, world.platform)}; or --tunnel ssh:nokey@localhost.run, which needs only ssh`,
    },
  );
}

interface FoundProvider {
  /** The provider that `auto` selects; null if none is installed. */
  readonly name: ProviderName | null;
  readonly isReady: boolean;
  /** The findings about the providers before it, or about all if none is ready. */
  readonly found: readonly string[];
}

/** Finds a provider that is ready. Opens no tunnel. */
export async function findProvider(
  world: Pick<TunnelWorld, 'env' | 'cwd' | 'platform'>,
  signal: AbortSignal,
): Promise<FoundProvider> {
  const found: string[] = [];
  let installed: ProviderName | null = null;
  for (const { id, isInstalled, obstacle } of await surveyProviders(world, signal)) {
    // `auto` cannot select ssh, which needs the name of a server.
    if (id === 'ssh') continue;
    if (isInstalled && obstacle === null) return { name: id, isReady: true, found };
    if (isInstalled) installed ??= id;
    found.push(isInstalled ? `${id} is not ready (${obstacle ?? ''})` : `${id} is not installed`);
  }
  return { name: installed, isReady: false, found };
}

function createProvider(
  choice: Exclude<TunnelChoice, { readonly kind: 'auto' }>,
  publicUrl: URL | undefined,
  world: TunnelWorld,
): TunnelProvider {
  if (choice.kind === 'ssh') return createSshProvider(choice.target, publicUrl, world);
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
