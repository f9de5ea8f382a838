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

/** The credentials for the server. The caller has read the files. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'creds'; readonly file: Buffer }
  | { readonly kind: 'nkey'; readonly seed: Buffer }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

export interface EngineOptions {
  /** `host:port` of one server, or of several servers of a cluster. */
  readonly servers: readonly string[];
  /** Whether the connection must be encrypted. If false, it is encrypted only if the server offers TLS. */
  readonly isTls: boolean;
  /** PEM; undefined for the system's CAs. */
  readonly ca: Buffer | undefined;
  readonly credentials: Credentials;
  /** The name of this client. The server shows it, and the inbox prefix is `_INBOX.<name>`. */
  readonly name: string;
  /** The time limit of the first connection and of each further one, ms. */
  readonly connectTimeoutMs: number;
  /** How long to try to reconnect after a lost connection, ms; undefined for no limit. */
  readonly maxReconnectMs: number | undefined;
}

export interface EngineWorld {
  /** Wall clock, ms since 1970. A jump shows that the machine slept. */
  now(): number;
  /** Monotonic clock, ms. */
  elapsed(): number;
  /** From 0 to 1. */
  random(): number;
}

/** A change of the connection. `reason` may contain the server's own words. */
export type EngineEvent =
  | { readonly type: 'down'; readonly reason: string }
  | { readonly type: 'up'; readonly gapMs: number }
  /** The server refused a subject, because a permission is missing or was revoked. */
  | { readonly type: 'denied'; readonly reason: string; readonly subject: string };

/** The interval of pings, ms. After two unanswered pings the connection counts as lost, so a loss is noticed within 6 s. */
const PING_MS = 2000;
/** The interval of a timer, and how late the timer must be to show that the machine slept, ms. Then the engine reconnects at once. */
const SLEEP_CHECK_MS = 1000;
const SLEPT_MS = 5000;

/** A connection to NATS. If it is lost, it is opened again, without a limit or for `maxReconnectMs`. */
export class Engine {
  /** Resolves with the reason when reconnecting is given up; never after a call of `close`. */
  readonly givenUp: Promise<string>;
  readonly library: NatsLibrary;
  readonly connection: NatsConnection;
  private readonly world: EngineWorld;
  private readonly backoff: Backoff;
  private readonly maxReconnectMs: number | undefined;
  private readonly listeners: Array<(event: EngineEvent) => void> = [];
  private giveUp: (reason: string) => void = () => undefined;
  private lostAt: number | null = null;
  /** How long the machine slept while the connection was lost, not counting sleep that `elapsed` includes, ms. */
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

  /** Calls the listener for each event from now on. */
  onEvent(listener: (event: EngineEvent) => void): void {
    this.listeners.push(listener);
  }

  get isUp(): boolean {
    return this.lostAt === null && !this.connection.isClosed();
  }

  /** Resolves with true once connected, or with false after `ms`. */
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

  /** `down` resolves when the connection is lost; `cancel` stops watching. */
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
 * Connects once. Rejects with UNREACHABLE if no server answers, or NOT_AUTHENTICATED if the server refuses
 * the credentials. Once connected, the engine reconnects by itself.
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
    // Permissions that were revoked may be granted again.
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
