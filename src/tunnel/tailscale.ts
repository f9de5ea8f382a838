import { RelyableError } from '../errors.ts';
import { type LineMeaning, openProgramTunnel } from './open-program.ts';
import type { Program } from './program.ts';
import type { TunnelProvider, TunnelWorld } from './provider.ts';

export const TAILSCALE: Program = {
  name: 'tailscale',
  pathVariable: 'RELYABLE_TAILSCALE_PATH',
  install: {
    darwin: 'brew install --cask tailscale-app',
    win32: 'winget install tailscale.tailscale',
    other: 'install it from https://tailscale.com/download',
  },
};

/** Tailscale Funnel. Its address is the name of the machine, the same at each start. */
export function createTailscaleProvider(world: TunnelWorld): TunnelProvider {
  return {
    name: 'tailscale',
    hasNewNames: false,
    clientHeader: 'X-Forwarded-For',
    start: (options) =>
      openProgramTunnel(
        {
          program: TAILSCALE,
          // Funnel runs in the foreground, so that it ends with its process.
          args: ['funnel', options.localUrl.origin],
          readLine: readFunnelLine,
          explain: (lines) => explainTailscale(lines.join('\n')),
        },
        options,
        world,
      ),
  };
}

function readFunnelLine(line: string): LineMeaning {
  const [, address] = /^\s*(https:\/\/[\w.-]+\.ts\.net(?::\d+)?)\/?(?:\s|$)/.exec(line) ?? [];
  if (address !== undefined) return { url: new URL(address) };
  // tailscale would wait until the user has opened this page.
  const [page] = /https:\/\/login\.tailscale\.com\/\S+/.exec(line) ?? [];
  if (page === undefined) return null;
  return page.includes('/f/')
    ? {
        problem: new RelyableError(
          'NOT_AUTHENTICATED',
          'Funnel is not enabled for this machine in its tailnet',
          { hint: `enable it at ${page}, then start again` },
        ),
      }
    : { problem: notLoggedIn() };
}

function notLoggedIn(): RelyableError {
  return new RelyableError('NOT_AUTHENTICATED', 'Tailscale is not logged in on this machine', {
    hint: 'tailscale up',
  });
}

/** The failure that tailscale's output describes; null if it is not known. */
export function explainTailscale(text: string): RelyableError | null {
  const unreachable = (message: string, hint: string): RelyableError =>
    new RelyableError('UNREACHABLE', message, { hint });
  if (/Logged out|NeedsLogin|not logged in/i.test(text)) return notLoggedIn();
  if (
    /failed to connect to local tailscaled|is Tailscale running|Tailscale is stopped/i.test(text)
  ) {
    return unreachable('Tailscale is not running on this machine', 'start it: tailscale up');
  }
  if (/Access denied|must be root|--operator/i.test(text)) {
    return new RelyableError(
      'NOT_PERMITTED',
      'this user may not change what Tailscale serves on this machine',
      { hint: 'sudo tailscale set --operator=$USER' },
    );
  }
  if (/listener already exists for port|already serving|port \d+ is already/i.test(text)) {
    return unreachable(
      'Tailscale serves something else on that port already',
      'tailscale funnel status shows it; tailscale funnel reset ends it',
    );
  }
  if (
    /does not support getting TLS certs|HTTPS (is not|must be) enabled|enable HTTPS/i.test(text)
  ) {
    return unreachable(
      'HTTPS certificates are not enabled in the tailnet',
      'enable them at https://login.tailscale.com/admin/dns',
    );
  }
  if (/unknown (sub)?command|unknown flag|flag provided but not defined/i.test(text)) {
    return unreachable('this version of Tailscale is too old for funnel', 'tailscale update');
  }
  return null;
}
