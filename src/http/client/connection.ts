import { connect, isIP, type Socket } from 'node:net';
import { getBuiltinModule } from 'node:process';
import { hostOf, isLoopback } from '../loopback.ts';
import { AnswerParser } from './answer-parser.ts';
import type { ClientExchange, Pieces } from './exchange.ts';
import { elapsedMs } from '../../system/latency.ts';
import { lookupTarget, portOf, type TlsOptions } from '../target.ts';

/** Bodies up to this size are sent in one write with the head, because a copy costs less than a write. */
const ONE_WRITE_BYTES = 16 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * How long one loopback address is tried before the other, ms. A loopback connection is either refused at
 * once, or waits because the app is busy: if its backlog is full (5 in Python's servers), the system retries
 * after 1 s. Node's default of 250 ms would switch to the other address too early.
 */
const LOOPBACK_ATTEMPT_MS = 5000;
/** How long an idle connection may be reused, ms. Node's servers close idle connections after 5 s. */
export const IDLE_MS = 4000;
/** Subtracted from the idle time that the app states, so that the app does not close the connection during a request. */
const IDLE_MARGIN_MS = 1000;
/** If the connection ends, or further bytes come, within this time after an answer, that answer is blamed, ms. */
const SOON_MS = 500;

export interface ConnectionOptions {
  /** Whether a connection serves later requests too. */
  readonly keepsConnections: boolean;
  readonly tls: TlsOptions;
  /** The time limit of connecting, including the TLS handshake, ms; 10 s by default. */
  readonly connectTimeoutMs?: number;
}

export interface ConnectionEvents {
  /** The answer is complete and the connection can carry another; see `KeepAlivePolicy`. */
  onFree(saysKept: boolean, isReused: boolean): void;
  /** Shortly after an answer, the connection ended, or bytes came that belong to no request. */
  onBreak(): void;
  onClosed(): void;
}

/** One connection, which carries one exchange at a time. */
export class Connection {
  private readonly socket: Socket;
  private readonly events: ConnectionEvents;
  private readonly isKept: boolean;
  private readonly parser = new AnswerParser();
  private exchange: ClientExchange | null = null;
  private error: Error | null = null;
  /** The time until which it may be reused, on the clock of `elapsedMs`. */
  private freshUntil = 0;
  /** When the last answer was complete, on the same clock. */
  private answeredAt = -Infinity;
  /** When the last request began, on the same clock. */
  private carriedAt = 0;

  constructor(origin: URL, options: ConnectionOptions, buffer: Buffer, events: ConnectionEvents) {
    this.events = events;
    this.isKept = options.keepsConnections;
    const isTls = origin.protocol === 'https:';
    this.socket = isTls ? this.openTls(origin, options.tls) : this.openPlain(origin, buffer);
    let isConnected = false;
    const limit = setTimeout(
      () => this.socket.destroy(isConnected ? tlsTimeout() : connectTimeout()),
      options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    );
    this.socket.once('connect', () => (isConnected = true));
    this.socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(limit));
    this.socket.once('close', () => clearTimeout(limit));
    this.socket.on('error', (error) => this.onError(error));
    this.socket.on('end', () => this.onEnd());
    this.socket.on('close', () => this.onClose());
  }

  /** Opens a plain socket that reads into the shared buffer, which avoids allocating 64 KB for each read. */
  private openPlain(origin: URL, buffer: Buffer): Socket {
    return connect({
      ...addressOf(origin),
      onread: {
        buffer,
        callback: (size) => this.receive(Buffer.from(buffer.subarray(0, size))),
      },
    });
  }

  /** Opens a TLS socket. TLS is loaded on first use, because loading takes a tenth of the start-up time. */
  private openTls(origin: URL, tls: TlsOptions): Socket {
    const address = addressOf(origin);
    const named = isIP(address.host) === 0 ? { servername: address.host } : {};
    const options = { ...address, ...named, ...tls, ALPNProtocols: ['http/1.1'] };
    const socket = getBuiltinModule('node:tls').connect(options);
    socket.on('data', (piece: Buffer) => {
      if (!this.receive(piece)) socket.pause();
    });
    return socket;
  }

  /** How long the first request has waited for the first byte of its answer, ms; 0 once a byte came. */
  firstWaitMs(): number {
    const isWaiting =
      this.exchange !== null && this.answeredAt === -Infinity && !this.parser.hasBegun();
    return isWaiting ? elapsedMs() - this.carriedAt : 0;
  }

  /** How long the last exchange took, ms. */
  lastDurationMs(): number {
    return this.answeredAt - this.carriedAt;
  }

  isFresh(): boolean {
    return !this.socket.destroyed && elapsedMs() < this.freshUntil;
  }

  carry(exchange: ClientExchange): void {
    this.carriedAt = elapsedMs();
    this.exchange = exchange;
    exchange.connection = this;
    this.parser.begin(exchange, exchange.request.method);
    const { headText, request } = exchange;
    const { socket } = this;
    if (request.pieces !== undefined) writeSlowly(socket, headText, request.body, request.pieces);
    else if (request.body.length <= ONE_WRITE_BYTES) socket.write(join(headText, request.body));
    else {
      socket.cork();
      socket.write(headText, 'latin1');
      socket.write(request.body);
      socket.uncork();
    }
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.freshUntil = 0;
    this.socket.destroy();
  }

  close(reason: string): void {
    this.exchange?.abort(reason);
    this.destroy();
  }

  /** Handles received bytes; false asks the socket to pause. */
  private receive(piece: Buffer): boolean {
    const { exchange } = this;
    // Bytes that belong to no request.
    if (exchange === null) {
      this.noteBreak();
      this.destroy();
      return true;
    }
    let isWhole = false;
    try {
      isWhole = this.parser.push(piece);
    } catch (error) {
      this.noteBreak();
      exchange.fail(error);
      this.destroy();
    }
    if (isWhole) this.finish(exchange);
    return this.exchange !== exchange || !exchange.isPaused;
  }

  /** The answer is complete. */
  private finish(exchange: ClientExchange): void {
    this.exchange = null;
    const isReused = this.answeredAt !== -Infinity;
    this.answeredAt = elapsedMs();
    if (this.parser.hasMore()) this.noteBreak();
    // If the answer came before the whole request was sent, the rest of the request is still to be written.
    const isSent = exchange.request.pieces === undefined && this.socket.writableLength === 0;
    const isFree = this.isKept && this.parser.canReuse() && isSent;
    if (!isFree || exchange.isOver) this.destroy();
    else {
      const idleMs = (this.parser.idleLimitMs() ?? Infinity) - IDLE_MARGIN_MS;
      this.freshUntil = this.answeredAt + Math.min(IDLE_MS, idleMs);
      this.events.onFree(this.parser.saysKept(), isReused);
    }
    exchange.complete();
  }

  private onEnd(): void {
    this.freshUntil = 0;
    if (this.exchange !== null && this.parser.end()) this.finish(this.exchange);
    else {
      this.noteBreak();
      // Not `end`, which would wait until the app has read the bytes that are still to be sent.
      this.socket.destroy();
    }
  }

  private onError(error: Error): void {
    this.error = error;
    this.noteBreak();
  }

  private noteBreak(): void {
    if (elapsedMs() - this.answeredAt < SOON_MS) this.events.onBreak();
  }

  private onClose(): void {
    this.freshUntil = 0;
    const isSilent = this.answeredAt === -Infinity && !this.parser.hasBegun();
    this.exchange?.fail(this.error ?? (isSilent ? closedSilently() : closedEarly()));
    this.exchange = null;
    this.events.onClosed();
  }
}

/** The address to connect to. `localhost` means both loopback addresses; the first that accepts is used. */
function addressOf(origin: URL): {
  readonly host: string;
  readonly port: number;
  readonly lookup: typeof lookupTarget;
  readonly autoSelectFamily: true;
  readonly autoSelectFamilyAttemptTimeout?: number;
  readonly noDelay: true;
} {
  return {
    host: hostOf(origin),
    port: portOf(origin),
    lookup: lookupTarget,
    autoSelectFamily: true,
    ...(isLoopback(origin) ? { autoSelectFamilyAttemptTimeout: LOOPBACK_ATTEMPT_MS } : {}),
    noDelay: true,
  };
}

function join(head: string, body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(head.length + body.length);
  message.write(head, 0, 'latin1');
  message.set(body, head.length);
  return message;
}

function writeSlowly(socket: Socket, head: string, body: Uint8Array, pieces: Pieces): void {
  const ends = [...pieces.cuts, body.length];
  const writePiece = (index: number): void => {
    if (socket.destroyed || index >= ends.length) return;
    socket.write(body.subarray(ends[index - 1] ?? 0, ends[index]));
    setTimeout(writePiece, pieces.pauseMs, index + 1);
  };
  socket.write(head, 'latin1');
  writePiece(0);
}

function connectTimeout(): Error {
  return coded('no connection in time', 'ETIMEDOUT');
}

function tlsTimeout(): Error {
  return coded('no TLS handshake in time', 'ERR_TLS_TIMEOUT');
}

function closedEarly(): Error {
  return coded('closed before the answer was complete', 'ECONNRESET');
}

/** The error for a connection that was closed without a single byte of an answer. */
function closedSilently(): Error {
  return coded('closed without an answer', 'ERR_CLOSED_SILENTLY');
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
