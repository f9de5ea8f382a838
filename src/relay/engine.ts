import type {
  ConnectionOptions,
  NatsConnection,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { errorMessage } from '../errors.ts';
import { Backoff } from './backoff.ts';
import { describeEngineError, toEngineError } from './engine-errors.ts';
import type { NatsLibrary } from './library.ts';
import { tlsOptions } from './tls-options.ts';

/** How to prove to the server who connects. Files are read by the caller. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'creds'; readonly file: Buffer }
  | { readonly kind: 'nkey'; readonly seed: Buffer }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

export interface EngineOptions {
  /** `host:port`, one or several of a cluster. */
  readonly servers: readonly string[];
  /** Whether the connection must be encrypted; without it, it is where the server offers it. */
  readonly isTls: boolean;
  /** PEM; undefined for the system's CAs. */
  readonly ca: Buffer | undefined;
  readonly credentials: Credentials;
  /** Who connects: shown by the server, and the last part of the inbox prefix `_INBOX.<name>`. */
  readonly name: string;
  /** The time limit of the first connection and of each further one, ms. */
  readonly connectTimeoutMs: number;
  /** How long to try again after a lost connection, ms; undefined for ever. */
  readonly maxReconnectMs: number | undefined;
}

export interface EngineWorld {
  /** Wall clock, ms since 1970: a jump shows that the machine slept. */
  now(): number;
  /** Monotonic clock, ms. */
  elapsed(): number;
  /** From 0 to 1. */
  random(): number;
}

/** What becomes of a connection. `reason` may hold the server's own words. */
export type EngineEvent =
  | { readonly type: 'down'; readonly reason: string }
  | { readonly type: 'up'; readonly gapMs: number }
  /** The server refused a subject: rights are missing, or were revoked. */
  | { readonly type: 'denied'; readonly reason: string; readonly subject: string };

/** A server that leaves two of these unanswered is gone: noticed within 6 s, ms. */
const PING_MS = 2000;
/** A timer this late shows that the machine slept: then the connection is opened again at once, ms. */
const SLEEP_CHECK_MS = 1000;
const SLEPT_MS = 5000;

/** A connection to NATS that is opened again, for ever or for `maxReconnectMs`, when it is lost. */
export class Engine {
  /** Resolves with the reason when the connection is given up; never when it was closed by us. */
  readonly givenUp: Promise<string>;
  readonly library: NatsLibrary;
  readonly connection: NatsConnection;
  private readonly world: EngineWorld;
  private readonly backoff: Backoff;
  private readonly maxReconnectMs: number | undefined;
  private readonly listeners: Array<(event: EngineEvent) => void> = [];
  private giveUp: (reason: string) => void = () => undefined;
  private lostAt: number | null = null;
  /** How long the machine slept while the connection was away, as far as `elapsed` does not count it, ms. */
  private sleptMs = 0;
  private reason = '';
  private isClosed = false;
  private limit: NodeJS.Timeout | undefined;
  private sleepCheck: NodeJS.Timeout | undefined;

  constructor(
    library: NatsLibrary,
    connection: NatsConnection,
    world: EngineWorld,
    { backoff, maxReconnectMs }: { backoff: Backoff; maxReconnectMs: number | undefined },
  ) {
    this.library = library;
    this.connection = connection;
    this.world = world;
    this.backoff = backoff;
    this.maxReconnectMs = maxReconnectMs;
    this.givenUp = new Promise((resolve) => (this.giveUp = resolve));
    void this.watch();
    void connection.closed().then((error) => {
      if (!this.isClosed) this.stopTrying(error === undefined ? this.reason : errorMessage(error));
    });
    this.watchForSleep();
  }

  /** Calls back for each event from now on. */
  onEvent(listener: (event: EngineEvent) => void): void {
    this.listeners.push(listener);
  }

  get isUp(): boolean {
    return this.lostAt === null && !this.connection.isClosed();
  }

  /** Resolves once connected, with true; with false after `ms`. */
  whenUp(ms: number): Promise<boolean> {
    if (this.isUp) return Promise.resolve(true);
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), ms);
      this.onceEvent('up', () => {
        clearTimeout(limit);
        resolve(true);
      });
    });
  }

  /** Resolves when the connection is lost; `cancel` forgets it. */
  whenDown(): { readonly down: Promise<void>; readonly cancel: () => void } {
    let cancel = (): void => undefined;
    const down = new Promise<void>((resolve) => {
      cancel = this.onceEvent('down', resolve);
    });
    return { down, cancel };
  }

  private onceEvent(type: EngineEvent['type'], callback: () => void): () => void {
    const listener = (event: EngineEvent): void => {
      if (event.type !== type) return;
      cancel();
      callback();
    };
    const cancel = (): void => {
      const index = this.listeners.indexOf(listener);
      if (index !== -1) this.listeners.splice(index, 1);
    };
    this.listeners.push(listener);
    return cancel;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.limit);
    clearInterval(this.sleepCheck);
    await this.connection.close();
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      switch (status.type) {
        case 'disconnect':
          this.down();
          break;
        case 'reconnecting':
          this.backoff.tried();
          break;
        case 'reconnect':
          this.backoff.reset();
          this.up();
          break;
        case 'error':
          this.reason = describeEngineError(status.error);
          if (status.error.name === 'PermissionViolationError') {
            const { subject } = status.error as PermissionViolationError;
            this.emit({ type: 'denied', reason: this.reason, subject });
          }
          break;
        default:
      }
    }
  }

  private down(): void {
    if (this.isClosed || this.lostAt !== null) return;
    this.lostAt = this.world.elapsed();
    this.emit({ type: 'down', reason: this.reason });
    if (this.maxReconnectMs === undefined) return;
    this.limit = setTimeout(() => {
      this.stopTrying(this.reason === '' ? '--max-reconnect is over' : this.reason);
      void this.close();
    }, this.maxReconnectMs);
  }

  private up(): void {
    if (this.lostAt === null) return;
    const gapMs = this.world.elapsed() - this.lostAt + this.sleptMs;
    this.lostAt = null;
    this.sleptMs = 0;
    this.reason = '';
    clearTimeout(this.limit);
    this.emit({ type: 'up', gapMs });
  }

  private stopTrying(reason: string): void {
    this.giveUp(reason === '' ? 'the connection was closed' : reason);
  }

  private emit(event: EngineEvent): void {
    for (const listener of this.listeners.slice()) listener(event);
  }

  private watchForSleep(): void {
    const { world } = this;
    let last = { now: world.now(), elapsed: world.elapsed() };
    this.sleepCheck = setInterval(() => {
      const { now, elapsed } = last;
      last = { now: world.now(), elapsed: world.elapsed() };
      const pauseMs = last.now - now;
      if (pauseMs <= SLEPT_MS) return;
      const wasLost = this.lostAt !== null && this.lostAt <= elapsed;
      // The monotonic clock may stand still while the machine sleeps.
      this.sleptMs += wasLost ? pauseMs - (last.elapsed - elapsed) : pauseMs;
      if (this.isUp) void this.connection.reconnect();
    }, SLEEP_CHECK_MS).unref();
  }
}

/**
 * Connects once: UNREACHABLE where no server answers, NOT_AUTHENTICATED where it refuses the
 * credentials. From then on the engine connects again by itself.
 */
export async function connectEngine(
  library: NatsLibrary,
  options: EngineOptions,
  world: EngineWorld,
): Promise<Engine> {
  try {
    const backoff = new Backoff(world.random);
    const connection = await library.transport.connect(
      connectionOptions(library, options, backoff),
    );
    return new Engine(library, connection, world, { ...options, backoff });
  } catch (error) {
    throw toEngineError(error, options.servers);
  }
}

function connectionOptions(
  { transport }: NatsLibrary,
  { servers, isTls, ca, credentials, name, connectTimeoutMs }: EngineOptions,
  backoff: Backoff,
): ConnectionOptions {
  return {
    servers: [...servers],
    name: `relyable ${name}`,
    inboxPrefix: `_INBOX.${name}`,
    timeout: connectTimeoutMs,
    pingInterval: PING_MS,
    maxReconnectAttempts: -1,
    // Rights that were revoked may be given back.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => backoff.waitMs(),
    noAsyncTraces: true,
    ...(isTls || ca !== undefined ? { tls: tlsOptions(servers, ca) } : {}),
    ...(credentials.kind === 'creds'
      ? { authenticator: transport.credsAuthenticator(Uint8Array.from(credentials.file)) }
      : {}),
    ...(credentials.kind === 'nkey'
      ? { authenticator: transport.nkeyAuthenticator(Uint8Array.from(credentials.seed)) }
      : {}),
    ...(credentials.kind === 'password'
      ? { user: credentials.user, pass: credentials.password }
      : {}),
    ...(credentials.kind === 'token' ? { token: credentials.token } : {}),
  };
}
