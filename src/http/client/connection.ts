import { connect, isIP, type Socket } from 'node:net';
import { getBuiltinModule } from 'node:process';
import { hostOf, isLoopback } from '../loopback.ts';
import { AnswerParser } from './answer-parser.ts';
import type { ClientExchange, Pieces } from './exchange.ts';
import { elapsedMs } from '../../system/latency.ts';
import { lookupTarget, portOf, type TlsOptions } from '../target.ts';

/** Bodies up to this size are sent in one write with their head: a copy costs less than a write. */
const ONE_WRITE_BYTES = 16 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * How long one loopback address is tried before the other, ms. A connection to one is refused at
 * once, or the app is busy: where its backlog is full (Python's servers take 5) the system retries
 * after 1 s. Node's default of 250 ms would move on to the other address too early.
 */
const LOOPBACK_ATTEMPT_MS = 5000;
/** How long an idle connection may be used again, ms. Node's servers close theirs after 5 s. */
export const IDLE_MS = 4000;
/** Subtracted from the time that the app states, so that it does not close the connection just then. */
const IDLE_MARGIN_MS = 1000;
/** An end, or further bytes, this soon after an answer belong to that answer, ms. */
const SOON_MS = 500;

export interface ConnectionOptions {
  /** Whether a connection serves later requests too. */
  readonly keepsConnections: boolean;
  readonly tls: TlsOptions;
  /** How long the connection, with its TLS handshake, may take, ms; 10 s by default. */
  readonly connectTimeoutMs?: number;
}

export interface ConnectionEvents {
  /** The answer is complete and the connection can carry another; see `KeepAlivePolicy`. */
  onFree(saysKept: boolean, isReused: boolean): void;
  /** Shortly after an answer came the end of the connection, or bytes that belong to no request. */
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
  /** Until when it may be used again, on the clock of `elapsedMs`. */
  private freshUntil = 0;
  /** When the last answer was complete, on the same clock. */
  private answeredAt = -Infinity;
  /** When the last request was handed over, on the same clock. */
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

  /** Reads into the shared buffer: no stream, and no allocation of 64 KB for each read. */
  private openPlain(origin: URL, buffer: Buffer): Socket {
    return connect({
      ...addressOf(origin),
      onread: {
        buffer,
        callback: (size) => this.receive(Buffer.from(buffer.subarray(0, size))),
      },
    });
  }

  /** Loads TLS on first use: that takes a tenth of the start-up time. */
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

  /** How long its first request has been without a byte of an answer, ms; 0 once one came. */
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

  /** False asks for a pause. */
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
    // An answer that came before the request was sent leaves the rest of it in the connection.
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
      // destroy, not end: an end would wait until the app has read what is still to be sent.
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

/** `localhost` is both loopback addresses; the first that answers is used. */
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

/** Closed without a byte on a connection that never had an answer. */
function closedSilently(): Error {
  return coded('closed without an answer', 'ERR_CLOSED_SILENTLY');
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
