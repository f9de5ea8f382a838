import type { Context } from '../system/context.ts';
import type { RelyableError } from '../errors.ts';

/** The part of the context that providers use. */
export type TunnelWorld = Pick<
  Context,
  'env' | 'cwd' | 'platform' | 'nodeFile' | 'fetch' | 'sleep' | 'signalProcess' | 'atExit'
>;

/** A tunnel that is up: requests to `url` reach the listener. */
export interface OpenTunnel {
  /** The public address. */
  readonly url: URL;
  /** Resolves when the tunnel is down, with the reason. It does not reject. */
  readonly closed: Promise<RelyableError>;
  /** Closes the tunnel. Resolves when the provider's process has ended. */
  stop(): Promise<void>;
}

export interface TunnelStart {
  /** The listener, e.g. `http://127.0.0.1:4400`. */
  readonly localUrl: URL;
  readonly signal: AbortSignal;
}

/** A way to make the listener reachable from outside. */
export interface TunnelProvider {
  /** As `--tunnel` names it, e.g. `cloudflared`. */
  readonly name: string;
  /** Whether its addresses are new names, which are in DNS only a few seconds after the tunnel is up. */
  readonly hasNewNames: boolean;
  /** The header in which the provider states the client's address; null where there is none. */
  readonly clientHeader: string | null;
  /**
   * Opens a tunnel. Rejects with NOT_FOUND (program not installed), NOT_AUTHENTICATED (not logged
   * in) or UNREACHABLE (all else); the message is one sentence, the hint the next step.
   */
  start(options: TunnelStart): Promise<OpenTunnel>;
}
