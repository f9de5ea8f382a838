import { createRequire } from 'node:module';
import { join } from 'node:path';
import { errorCode, errorMessage, RelyableError } from '../errors.ts';
import type { OpenTunnel, TunnelStart, TunnelWorld } from './provider.ts';

/** The part of `@ngrok/ngrok` 1.x that is used. */
export interface NgrokPackage {
  forward(config: {
    readonly addr: string;
    readonly authtoken: string;
    readonly domain?: string;
    /** `closed`: the connection is lost; `connected`: it is back. */
    readonly onStatusChange: (status: string) => void;
  }): Promise<{ url(): string | null; close(): Promise<void> }>;
}

const NAME = '@ngrok/ngrok';
/** The time limit for opening the tunnel, ms. */
const START_LIMIT_MS = 30_000;

/**
 * Loads the package if it is installed next to relyable; null if it is not. A package in the current folder is
 * never loaded, because loading it runs its code.
 */
export function loadNgrokPackage(): NgrokPackage | null {
  try {
    return createRequire(join(import.meta.dirname, 'ngrok.cjs'))(NAME) as NgrokPackage;
  } catch {
    // Not installed, or without a binary for this platform.
    return null;
  }
}

export interface PackageTunnel {
  readonly ngrok: NgrokPackage;
  readonly publicUrl: URL | undefined;
  /** Explains a failure from its message; null if the message is not known. */
  readonly explain: (text: string) => RelyableError | null;
}

/** Opens a tunnel in this process. Rejects with NOT_AUTHENTICATED without NGROK_AUTHTOKEN. */
export async function openPackageTunnel(
  { ngrok, publicUrl, explain }: PackageTunnel,
  { localUrl, signal }: TunnelStart,
  { env, sleep }: Pick<TunnelWorld, 'env' | 'sleep'>,
): Promise<OpenTunnel> {
  const authtoken = env['NGROK_AUTHTOKEN'];
  if (!authtoken) {
    throw new RelyableError('NOT_AUTHENTICATED', `${NAME} needs an authtoken`, {
      hint: 'export NGROK_AUTHTOKEN=… with the token of https://dashboard.ngrok.com',
    });
  }
  let onLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => (onLost = resolve));
  const opening = ngrok.forward({
    addr: localUrl.origin,
    authtoken,
    ...(publicUrl === undefined ? {} : { domain: publicUrl.hostname }),
    onStatusChange: (status) => {
      if (status === 'closed') onLost();
    },
  });
  const given = new AbortController();
  const late = sleep(START_LIMIT_MS, AbortSignal.any([signal, given.signal])).then(() => {
    throw new RelyableError('UNREACHABLE', `${NAME} stated no address within 30 s`);
  });
  try {
    const listener = await Promise.race([opening, late]);
    const stop = (): Promise<void> => listener.close().catch(() => undefined);
    const url = listener.url();
    if (url === null || !URL.canParse(url)) {
      await stop();
      throw new RelyableError('UNREACHABLE', `${NAME} stated no address`);
    }
    // ngrok would reconnect by itself, maybe with another address. A new tunnel is opened instead, and checked first.
    const closed = lost.then(async () => {
      await stop();
      return new RelyableError('UNREACHABLE', 'the connection to ngrok was lost');
    });
    return {
      url: new URL(url),
      closed,
      stop: async () => {
        await stop();
        onLost();
      },
    };
  } catch (error) {
    // Closes the tunnel if it opens later.
    opening.then((listener) => listener.close()).catch(() => undefined);
    if (error instanceof RelyableError || signal.aborted) throw error;
    const text = `${errorMessage(error)} ${errorCode(error) ?? ''}`;
    throw (
      explain(text) ??
      new RelyableError('UNREACHABLE', `${NAME} opened no tunnel: ${errorMessage(error)}`)
    );
  } finally {
    given.abort();
  }
}
