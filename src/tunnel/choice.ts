import { didYouMean } from '../did-you-mean.ts';
import { RelyableError } from '../errors.ts';
import { requireFetchPort } from '../http/fetch-ports.ts';
import { isLoopback } from '../http/loopback.ts';

/** The value of `--tunnel`; `auto` if the option has no value. */
export type TunnelChoice =
  | { readonly kind: 'auto' | ProviderName }
  | { readonly kind: 'ssh'; readonly target: SshTarget };

export const PROVIDER_NAMES = ['cloudflared', 'ngrok', 'tailscale'] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** The SSH server of `--tunnel ssh:…`. */
export interface SshTarget {
  /** `user@host`, or `host` alone. */
  readonly destination: string;
  readonly host: string;
  /** The port of the SSH server; null to use the user's SSH configuration. */
  readonly port: number | null;
}

/** Parses `user@host[:port]`. Throws USAGE for anything else. */
export function parseSshTarget(text: string): SshTarget {
  const [, destination = '', host = '', port] =
    /^((?:[\w.+-]+@)?([\w][\w.-]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isPortValid = port === undefined || (Number(port) > 0 && Number(port) < 65_536);
  if (host === '' || destination.startsWith('-') || !isPortValid) {
    throw new RelyableError('USAGE', `--tunnel: expected ssh:user@host[:port], got "ssh:${text}"`);
  }
  return { destination, host, port: port === undefined ? null : Number(port) };
}

/** Parses `cloudflared`, `ngrok`, `tailscale`, `ssh:user@host[:port]` or `auto`. Throws USAGE for anything else. */
export function parseTunnel(text: string, origin: string): TunnelChoice {
  if (text.startsWith('ssh:')) return { kind: 'ssh', target: parseSshTarget(text.slice(4)) };
  const kind = (['auto', ...PROVIDER_NAMES] as const).find((name) => name === text);
  if (kind !== undefined) return { kind };
  const hint = didYouMean(text, PROVIDER_NAMES, (name) => `--tunnel ${name}`);
  throw new RelyableError(
    'USAGE',
    `${origin}: expected ${PROVIDER_NAMES.join(', ')} or ssh:user@host[:port], got "${text}"`,
    hint === undefined ? {} : { hint },
  );
}

/** Parses `https://…`, or `http://…` for this machine, so that a local proxy can be tried. Throws USAGE for anything else. */
export function parsePublicUrl(text: string, origin: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRight =
    url !== undefined &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) &&
    url.username === '' &&
    url.hash === '';
  if (isRight) {
    // The address is checked with fetch before it is shown.
    requireFetchPort(url, origin);
    return url;
  }
  throw new RelyableError(
    'USAGE',
    `${origin}: expected the https:// address that leads here, got "${text}"`,
    { hint: 'Relyable sends only to public HTTPS addresses' },
  );
}
