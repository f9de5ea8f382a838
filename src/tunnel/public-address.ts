import { errorMessage, RelyableError } from '../errors.ts';
import type { NonceChecks } from '../http/server/nonce-checks.ts';
import type { OpenTunnel, TunnelProvider } from './provider.ts';
import { checkPublicUrl, type PublicCheckWorld } from './public-check.ts';

/** A change of the public address. */
export interface TunnelEvent {
  readonly type: 'tunnel';
  /** `up`: it works; `down`: requests do not arrive; `changed`: it works under another address. */
  readonly state: 'up' | 'down' | 'changed';
  /** The address that is up, or that was. */
  readonly url: string;
  /** As `--tunnel` names it; null for an address that the user routes here. */
  readonly provider: string | null;
  /** Why it is down, or what follows from a change. */
  readonly message: string | null;
}

export interface PublicAddressOptions {
  /** The provider that opens the tunnel; null if the user routes `url` here. */
  readonly provider: TunnelProvider | null;
  /** Only without a provider. */
  readonly url: URL | undefined;
  readonly localUrl: URL;
  readonly checks: NonceChecks;
  readonly signal: AbortSignal;
  /** How long to try to reopen a lost tunnel, ms; undefined for no limit. */
  readonly maxReconnectMs: number | undefined;
  readonly emit: (event: TunnelEvent) => void;
  /** Called with what is being waited for. Each call replaces the text of the one before. */
  readonly onProgress: (text: string) => void;
  /** Called after some time with the probable obstacle. */
  readonly onSlow: (text: string) => void;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** The public address of a listener: opened, checked, and opened again whenever it is lost. */
export class PublicAddress {
  /** Rejects with UNREACHABLE when the tunnel has been lost for `maxReconnectMs`; never resolves. */
  readonly lost: Promise<never>;
  private readonly options: PublicAddressOptions;
  private readonly world: PublicCheckWorld;
  private readonly stopped = new AbortController();
  private readonly signal: AbortSignal;
  private tunnel: OpenTunnel | null = null;
  private current: URL | null = null;
  private keeping: Promise<void> = Promise.resolve();
  private onLost: (error: RelyableError) => void = () => undefined;

  constructor(options: PublicAddressOptions, world: PublicCheckWorld) {
    this.options = options;
    this.world = world;
    this.signal = AbortSignal.any([options.signal, this.stopped.signal]);
    this.lost = new Promise((_, reject) => (this.onLost = reject));
    this.lost.catch(() => undefined);
  }

  /**
   * Resolves with the address once a request to it has arrived here. Rejects with the provider's error if no
   * tunnel can be opened, or when it is aborted.
   */
  async open(): Promise<URL> {
    this.current = await this.openOnce(this.signal);
    return this.current;
  }

  /** Emits `up`. From now on, reopens the tunnel whenever it closes. */
  keep(): void {
    this.emit('up', null);
    this.keeping = this.keepOpen();
  }

  /** Closes the tunnel. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.tunnel?.stop();
    await this.keeping;
  }

  private async openOnce(signal: AbortSignal): Promise<URL> {
    const { provider, localUrl, checks, onProgress, onSlow } = this.options;
    if (provider !== null) {
      onProgress(`opening a tunnel with ${provider.name}`);
      this.tunnel = await provider.start({ localUrl, signal });
    }
    const url = this.tunnel?.url ?? this.options.url;
    if (url === undefined) throw new Error('neither a provider nor a URL');
    onProgress(`waiting for ${url.href} to lead here`);
    const lost = new AbortController();
    const closed = this.tunnel?.closed.then((error) => {
      lost.abort();
      throw error;
    });
    const check = checkPublicUrl(
      {
        url,
        hasNewName: provider?.hasNewNames ?? false,
        checks,
        signal: AbortSignal.any([signal, lost.signal]),
        onSlow,
      },
      this.world,
    );
    // The promise that loses the race is expected to reject.
    closed?.catch(() => undefined);
    check.catch(() => undefined);
    try {
      await Promise.race(closed === undefined ? [check] : [closed, check]);
    } catch (error) {
      await this.tunnel?.stop();
      throw error;
    }
    return url;
  }

  /** Reopens the tunnel whenever it closes, until `close` is called. */
  private async keepOpen(): Promise<void> {
    while (this.tunnel !== null && !this.signal.aborted) {
      const reason = await this.tunnel.closed;
      if (this.signal.aborted) return;
      this.emit('down', reason.message);
      const before = this.current;
      const url = await this.reopen();
      if (url === null) return;
      this.current = url;
      if (url.href === before?.href) this.emit('up', null);
      else this.emit('changed', `Relyable still sends to ${before?.href ?? ''}`);
    }
  }

  /** Tries to reopen the tunnel until the limit, with growing pauses. Returns null if it was stopped or given up. */
  private async reopen(): Promise<URL | null> {
    const done = new AbortController();
    const limit = this.startLimit(done.signal);
    try {
      const url = await this.openAgain(AbortSignal.any([this.signal, limit]));
      if (url === null && !this.signal.aborted) this.onLost(lostTooLong(this.current));
      return url;
    } finally {
      done.abort();
    }
  }

  /** Aborts when a lost tunnel is no longer to be opened again, unless `done` comes first. */
  private startLimit(done: AbortSignal): AbortSignal {
    const limit = new AbortController();
    const { maxReconnectMs } = this.options;
    if (maxReconnectMs !== undefined) {
      this.world.sleep(maxReconnectMs, AbortSignal.any([this.signal, done])).then(
        () => limit.abort(),
        () => undefined,
      );
    }
    return limit.signal;
  }

  private async openAgain(signal: AbortSignal): Promise<URL | null> {
    let lastProblem = '';
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      try {
        await this.world.sleep(this.withJitter(pauseMs), signal);
        return await this.openOnce(signal);
      } catch (error) {
        if (signal.aborted) return null;
        const problem = describeProblem(error);
        // A problem that repeats is reported once.
        if (problem !== lastProblem) this.options.onSlow(`${problem}; trying again`);
        lastProblem = problem;
      }
    }
  }

  /** A random time between half of `ms` and `ms`, so that many listeners do not reconnect at the same moment. */
  private withJitter(ms: number): number {
    return (ms * (1 + this.world.randomBytes(1).readUInt8() / 255)) / 2;
  }

  private emit(state: TunnelEvent['state'], message: string | null): void {
    const { provider, emit } = this.options;
    const url = this.current?.href ?? '';
    emit({ type: 'tunnel', state, url, provider: provider?.name ?? null, message });
  }
}

function lostTooLong(url: URL | null): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    `the public address ${url?.href ?? ''} stayed down for as long as --max-reconnect allows`,
    { hint: 'without --max-reconnect it is tried for ever' },
  );
}

function describeProblem(error: unknown): string {
  if (!(error instanceof RelyableError) || error.hint === undefined) return errorMessage(error);
  return `${error.message} (${error.hint})`;
}
