import { devNull } from 'node:os';
import { RelyableError } from '../errors.ts';
import { openProgramTunnel } from './open-program.ts';
import type { Program } from './program.ts';
import type { OpenTunnel, TunnelProvider, TunnelStart, TunnelWorld } from './provider.ts';

export const CLOUDFLARED: Program = {
  name: 'cloudflared',
  pathVariable: 'RELYABLE_CLOUDFLARED_PATH',
  install: {
    darwin: 'brew install cloudflared',
    win32: 'winget install --id Cloudflare.cloudflared',
    other: 'install it from https://pkg.cloudflare.com',
  },
};

const POLL_MS = 250;

/** A quick tunnel of Cloudflare, which needs no account and has a new address at each start. */
export function createCloudflaredProvider(world: TunnelWorld): TunnelProvider {
  return {
    name: 'cloudflared',
    hasNewNames: true,
    clientHeader: 'CF-Connecting-IP',
    start: (options) => startCloudflared(options, world),
  };
}

function startCloudflared(options: TunnelStart, world: TunnelWorld): Promise<OpenTunnel> {
  const output = new QuickTunnelOutput();
  return openProgramTunnel(
    {
      program: CLOUDFLARED,
      args: [
        'tunnel',
        // Replaces ~/.cloudflared/config.yml: the ingress rules of a named tunnel there would answer 404 to every
        // request of a quick tunnel. cloudflared only logs that the file is empty.
        '--config',
        devNull,
        '--no-autoupdate',
        '--metrics',
        '127.0.0.1:0',
        '--url',
        options.localUrl.origin,
      ],
      readLine: (line) => {
        output.read(line);
        const { bannerUrl, isRegistered, metricsUrl } = output;
        // The metrics show more exactly when the tunnel is ready. The banner is for versions without metrics.
        return bannerUrl !== null && isRegistered && metricsUrl === null
          ? { url: bannerUrl }
          : null;
      },
      findUrl: (signal) => askMetrics(output, world, signal),
      explain: explainCloudflared,
    },
    options,
    world,
  );
}

/** The facts that were read from the log of cloudflared so far. */
class QuickTunnelOutput {
  bannerUrl: URL | null = null;
  metricsUrl: string | null = null;
  isRegistered = false;

  read(line: string): void {
    const [, metrics] = /Starting metrics server on (127\.0\.0\.1:\d+)\/metrics/.exec(line) ?? [];
    if (metrics !== undefined) this.metricsUrl = `http://${metrics}`;
    const [, name] = /https:\/\/((?!api\.)[a-z\d-]+\.trycloudflare\.com)/.exec(line) ?? [];
    if (name !== undefined) this.bannerUrl = new URL(`https://${name}`);
    // The second alternative matches versions of 2021.
    if (/Registered tunnel connection|Connection \S+ registered connIndex=/.test(line)) {
      this.isRegistered = true;
    }
  }
}

/** Waits until the metrics server reports a registered connection, then returns the URL of the quick tunnel. */
async function askMetrics(
  output: QuickTunnelOutput,
  { fetch, sleep }: TunnelWorld,
  signal: AbortSignal,
): Promise<URL> {
  for (;;) {
    await sleep(POLL_MS, signal);
    if (output.metricsUrl === null) continue;
    try {
      const ready = await fetch(`${output.metricsUrl}/ready`, { signal });
      await ready.body?.cancel();
      if (ready.status !== 200) continue;
      const answer = await fetch(`${output.metricsUrl}/quicktunnel`, { signal });
      const { hostname } = (await answer.json()) as { hostname?: unknown };
      if (typeof hostname === 'string' && hostname !== '') return new URL(`https://${hostname}`);
    } catch {
      signal.throwIfAborted();
    }
    // The metrics of older versions lack the name.
    if (output.bannerUrl !== null && output.isRegistered) return output.bannerUrl;
  }
}

function explainCloudflared(lines: readonly string[]): RelyableError | null {
  const text = lines.join('\n');
  const unreachable = (message: string, hint: string): RelyableError =>
    new RelyableError('UNREACHABLE', message, { hint });
  if (/429 Too Many Requests|error code: 1015/.test(text)) {
    return unreachable(
      'Cloudflare refuses a new quick tunnel: too many were asked for from this network (429, error 1015)',
      'wait some minutes, or take another provider with --tunnel',
    );
  }
  if (
    /no such host|i\/o timeout|network is unreachable|connection refused|TLS handshake timeout/.test(
      text,
    )
  ) {
    return unreachable(
      'cloudflared cannot reach Cloudflare',
      'check the network; it needs port 443 for the request and 7844 (UDP or TCP) for the tunnel',
    );
  }
  if (/failed to (unmarshal|parse) quick Tunnel/i.test(text)) {
    return unreachable(
      'Cloudflare gave cloudflared no quick tunnel',
      'try again later, update cloudflared, or take another provider with --tunnel',
    );
  }
  if (/flag provided but not defined|Incorrect Usage/.test(text)) {
    return unreachable('this version of cloudflared is too old', 'update cloudflared');
  }
  return null;
}
