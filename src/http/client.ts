import { connect, isIP, type Socket } from 'node:net';
import { getBuiltinModule } from 'node:process';
import { FIELD_VALUE, TOKEN } from '../webhook/request.ts';
import { type AnswerHead, AnswerParser, type AnswerSink } from './answer-parser.ts';
import { createKeeping } from './keeping.ts';
import { elapsedMs } from './latency.ts';
import { portOf } from './probe.ts';
import { describeFailure, lookupTarget, type TlsOptions } from './target.ts';

/** One request, its bytes settled. */
export interface ClientRequest {
  readonly method: string;
  /** Origin form, e.g. `/hook?x=1`. */
  readonly path: string;
  /** Name, value, name, value: all of them, `Host` and the body's length included. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** Writes the body in so many pieces with a pause between them, like a slow sender. */
  readonly pieces?: Pieces | undefined;
}

export interface Pieces {
  readonly count: number;
  readonly pauseMs: number;
}

/** Hears of an answer as it arrives. `failed` may come at any time and is then the last. */
export interface AnswerListener {
  head(head: AnswerHead): void;
  /** Returning false asks for a pause until `resume` is called. */
  data(piece: Buffer): boolean;
  end(): void;
  /** Why there is no whole answer, in a person's words. */
  failed(reason: string): void;
}

/** A request under way. */
export interface Exchange {
  /** Goes on reading the answer. */
  resume(): void;
  /** Ends it, if it is not over: the listener hears of that as a failure. */
  abort(reason: string): void;
}

export interface ClientOptions {
  /** Connections to the origin, hence requests under way; more wait. */
  readonly connections: number;
  /** For each whole exchange, its wait for a connection included; 0 for none. */
  readonly timeoutMs: number;
  /** Whether a connection serves later requests too. */
  readonly keepsConnections: boolean;
  readonly tls: TlsOptions;
}

/** Sends requests to one origin over kept connections. */
export interface Client {
  request(request: ClientRequest, listener: AnswerListener): Exchange;
  /** Fails what is under way, with that reason, and closes every connection. */
  close(reason: string): void;
}

/** Bodies up to here go out in one write with their head: a copy is cheaper than a second write. */
const ONE_WRITE_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** An idle connection is used again for so long: Node's own servers close theirs after 5 s. */
const IDLE_MS = 4000;
/** And so much shorter than the other side says, so that it does not close it just then. */
const IDLE_MARGIN_MS = 1000;
/** An app that does not say whether it keeps connections shows it: one must outlast an answer so long. */
const PROOF_MS = 10;
/** What comes so soon behind an answer, an end or more bytes, came on account of that answer. */
const SOON_MS = 500;

/** RFC 9112 §3.2: no white space, no control characters. */
const REQUEST_TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * An HTTP/1.1 client for what is done here thousands of times a second: bytes out exactly as given,
 * bytes back exactly as they come. It follows no redirects, repeats nothing and adds no header.
 */
export function createClient(origin: URL, options: ClientOptions): Client {
  const open = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: ClientExchange[] = [];
  /** Answered, and not used again before it is clear that the other side keeps its connections. */
  const unproven: Connection[] = [];
  const keeping = createKeeping();
  /** Read into by all connections in turn; what is passed on of it is copied. */
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  let sweeper: NodeJS.Timeout | undefined;

  /** The one used last, so that the others may become old. */
  const takeIdle = (): Connection | undefined => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.isFresh()) return last;
      last.destroy();
    }
    return undefined;
  };

  const takeWaiting = (): ClientExchange | undefined => {
    let next = waiting.shift();
    while (next?.isOver === true) next = waiting.shift();
    return next;
  };

  /** Not where one will be free in a moment: a server may serve one connection after the other. */
  const mayConnect = (): boolean =>
    open.size < options.connections && waiting.length >= unproven.length;

  const start = (exchange: ClientExchange): void => {
    const connection = takeIdle() ?? (mayConnect() ? connectTo() : undefined);
    if (connection === undefined) waiting.push(exchange);
    else connection.carry(exchange);
  };

  const connectTo = (): Connection => {
    const connection = new Connection(origin, options, buffer, {
      onFree,
      onBreak: () => keeping.disprove(),
      onClosed,
    });
    open.add(connection);
    return connection;
  };

  const onFree = (connection: Connection, saysKept: boolean, isReused: boolean): void => {
    switch (keeping.judge(saysKept, isReused)) {
      case 'use':
        offer(connection);
        return;
      case 'drop':
        connection.destroy();
        return;
      case 'prove':
        unproven.push(connection);
        setTimeout(proveHalf, PROOF_MS / 2, connection).unref();
    }
  };

  /** In two halves: the time that this process itself stood still proves nothing. */
  const proveHalf = (connection: Connection): void => {
    // What has come by then is read before the immediate.
    setTimeout(() => setImmediate(prove, connection), PROOF_MS / 2).unref();
  };

  const prove = (connection: Connection): void => {
    const index = unproven.indexOf(connection);
    if (index === -1) return;
    unproven.splice(index, 1);
    if (keeping.prove()) offer(connection);
    else connection.destroy();
  };

  const offer = (connection: Connection): void => {
    if (!connection.isFresh()) {
      connection.destroy();
      return;
    }
    const next = takeWaiting();
    if (next !== undefined) {
      connection.carry(next);
      return;
    }
    idle.push(connection);
    sweeper ??= setInterval(sweep, IDLE_MS).unref();
  };

  const onClosed = (connection: Connection): void => {
    open.delete(connection);
    for (const list of [idle, unproven]) {
      const index = list.indexOf(connection);
      if (index !== -1) list.splice(index, 1);
    }
    // The first of those that wait have an unproven one each.
    const next = waiting.length > unproven.length ? takeWaiting() : undefined;
    if (next !== undefined) start(next);
  };

  const sweep = (): void => {
    for (const connection of idle) if (!connection.isFresh()) connection.destroy();
  };

  return {
    request: (request, listener) => {
      const exchange = new ClientExchange(request, listener, origin, options.timeoutMs);
      try {
        exchange.headText = formatHead(request);
        start(exchange);
      } catch (error) {
        exchange.fail(error);
      }
      return exchange;
    },
    close: (reason) => {
      clearInterval(sweeper);
      for (const exchange of waiting.splice(0)) exchange.abort(reason);
      for (const connection of open) connection.close(reason);
    },
  };
}

/** One request and its answer. One object for both, since there are thousands a second. */
class ClientExchange implements Exchange, AnswerSink {
  readonly request: ClientRequest;
  /** Request line and headers, latin1. */
  headText = '';
  /** What carries it; null while it waits. */
  connection: Connection | null = null;
  isOver = false;
  isPaused = false;
  private readonly listener: AnswerListener;
  private readonly origin: URL;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(request: ClientRequest, listener: AnswerListener, origin: URL, timeoutMs: number) {
    this.request = request;
    this.listener = listener;
    this.origin = origin;
    if (timeoutMs > 0) {
      this.timer = setTimeout(() => this.giveUp(timeoutError(timeoutMs)), timeoutMs);
    }
  }

  resume(): void {
    if (!this.isPaused || this.isOver) return;
    this.isPaused = false;
    this.connection?.resume();
  }

  abort(reason: string): void {
    this.giveUp(new Error(reason));
  }

  private giveUp(error: Error): void {
    if (this.isOver) return;
    this.fail(error);
    this.connection?.destroy();
  }

  head(head: AnswerHead): void {
    if (!this.isOver) this.listener.head(head);
  }

  body(piece: Buffer): void {
    if (!this.isOver && !this.listener.data(piece)) this.isPaused = true;
  }

  /** The answer is whole. */
  complete(): void {
    if (this.settle()) this.listener.end();
  }

  fail(error: unknown): void {
    if (this.settle()) this.listener.failed(describeFailure(error, this.origin));
  }

  /** True the first time. */
  private settle(): boolean {
    clearTimeout(this.timer);
    const wasOver = this.isOver;
    this.isOver = true;
    return !wasOver;
  }
}

interface ConnectionEvents {
  /** It may carry the next exchange, as far as it is concerned; `Keeping` for the others. */
  onFree(connection: Connection, saysKept: boolean, isReused: boolean): void;
  /** Behind an answer that promised otherwise came its end, or something nobody asked for. */
  onBreak(): void;
  onClosed(connection: Connection): void;
}

/** One connection, which carries one exchange at a time. */
class Connection {
  private readonly socket: Socket;
  private readonly events: ConnectionEvents;
  private readonly isKept: boolean;
  private readonly parser = new AnswerParser();
  private exchange: ClientExchange | null = null;
  private error: Error | null = null;
  /** Until when it may be used again, of `elapsedMs`. */
  private freshUntil = 0;
  /** When the last answer was whole, of `elapsedMs`. */
  private answeredAt = -Infinity;

  constructor(origin: URL, options: ClientOptions, buffer: Buffer, events: ConnectionEvents) {
    this.events = events;
    this.isKept = options.keepsConnections;
    const isTls = origin.protocol === 'https:';
    this.socket = isTls ? this.openTls(origin, options.tls) : this.openPlain(origin, buffer);
    const limit = setTimeout(() => this.socket.destroy(connectTimeout()), CONNECT_TIMEOUT_MS);
    this.socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(limit));
    this.socket.once('close', () => clearTimeout(limit));
    this.socket.on('error', (error) => this.onError(error));
    this.socket.on('end', () => this.onEnd());
    this.socket.on('close', () => this.onClose());
  }

  /** Bytes come through one buffer for all: no stream, no allocation of 64 KB for each read. */
  private openPlain(origin: URL, buffer: Buffer): Socket {
    return connect({
      ...addressOf(origin),
      onread: {
        buffer,
        callback: (size) => this.receive(Buffer.from(buffer.subarray(0, size))),
      },
    });
  }

  /** TLS is loaded when it is needed: it takes a tenth of a start. */
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

  isFresh(): boolean {
    return !this.socket.destroyed && elapsedMs() < this.freshUntil;
  }

  carry(exchange: ClientExchange): void {
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
    // Nobody asked for it.
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

  /** The answer is whole. */
  private finish(exchange: ClientExchange): void {
    this.exchange = null;
    const isReused = this.answeredAt !== -Infinity;
    this.answeredAt = elapsedMs();
    if (this.parser.hasMore()) this.noteBreak();
    // An answer that came before the request was out leaves the rest of it behind.
    const isOut = exchange.request.pieces === undefined && this.socket.writableLength === 0;
    const isFree = this.isKept && this.parser.canReuse() && isOut;
    if (!isFree || exchange.isOver) this.destroy();
    else {
      const idleMs = (this.parser.idleLimitMs() ?? Infinity) - IDLE_MARGIN_MS;
      this.freshUntil = this.answeredAt + Math.min(IDLE_MS, idleMs);
      this.events.onFree(this, this.parser.saysKept(), isReused);
    }
    exchange.complete();
  }

  private onEnd(): void {
    this.freshUntil = 0;
    if (this.exchange !== null && this.parser.end()) this.finish(this.exchange);
    else {
      this.noteBreak();
      // Not only ended: what is still to be sent would have to be read first.
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
    this.exchange?.fail(this.error ?? closedEarly());
    this.exchange = null;
    this.events.onClosed(this);
  }
}

/** `localhost` is both loopback addresses; whichever answers is taken. */
function addressOf(origin: URL): {
  readonly host: string;
  readonly port: number;
  readonly lookup: typeof lookupTarget;
  readonly autoSelectFamily: true;
  readonly noDelay: true;
} {
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: portOf(origin),
    lookup: lookupTarget,
    autoSelectFamily: true,
    noDelay: true,
  };
}

/** The request line and headers. Throws for what HTTP cannot carry. */
function formatHead({ method, path, headers }: ClientRequest): string {
  if (!TOKEN.test(method)) throw notCarried('the method', method);
  if (!REQUEST_TARGET.test(path)) throw notCarried('the path', path);
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    if (!TOKEN.test(name)) throw notCarried('the header name', name);
    if (!FIELD_VALUE.test(value)) throw notCarried(`the value of ${name}:`, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

function notCarried(what: string, text: string): Error {
  return new Error(`HTTP cannot carry ${what} ${JSON.stringify(text)}`);
}

function join(head: string, body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(head.length + body.length);
  message.write(head, 0, 'latin1');
  message.set(body, head.length);
  return message;
}

function writeSlowly(socket: Socket, head: string, body: Uint8Array, pieces: Pieces): void {
  const size = Math.max(1, Math.ceil(body.length / pieces.count));
  const writeFrom = (at: number): void => {
    if (socket.destroyed || at >= body.length) return;
    socket.write(body.subarray(at, at + size));
    setTimeout(writeFrom, pieces.pauseMs, at + size);
  };
  socket.write(head, 'latin1');
  writeFrom(0);
}

function timeoutError(timeoutMs: number): Error {
  return coded(`no complete answer within ${timeoutMs / 1000} s`, 'ERR_TIMEOUT');
}

function connectTimeout(): Error {
  return coded('no connection in time', 'ETIMEDOUT');
}

function closedEarly(): Error {
  return coded('closed before the answer was whole', 'ECONNRESET');
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
