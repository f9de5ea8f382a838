import { Connection, type ConnectionOptions, IDLE_MS } from './connection.ts';
import {
  type AnswerListener,
  ClientExchange,
  type ClientRequest,
  type Exchange,
  formatHead,
} from './exchange.ts';
import { KeepAlivePolicy } from './keep-alive-policy.ts';
import { Starvation } from './starvation.ts';

export interface ClientOptions extends ConnectionOptions {
  /** The limit on connections to the origin, hence on requests under way; further ones wait. */
  readonly connections: number;
  /** Called once where the app proves to serve one connection after the other: one is used then. */
  readonly onSerial?: () => void;
  /** For each whole exchange, its wait for a connection included, ms; 0 for no limit. */
  readonly timeoutMs: number;
}

const READ_BUFFER_BYTES = 64 * 1024;
/** How long a connection on probation must outlast its answer, ms. */
const PROBATION_MS = 10;

/**
 * An HTTP/1.1 client for one origin: bytes are sent exactly as given and handed on exactly as they
 * come. It follows no redirects, repeats nothing and adds no headers. Connections are reused.
 */
export class Client {
  private readonly origin: URL;
  private readonly options: ClientOptions;
  private readonly open = new Set<Connection>();
  private readonly idle: Connection[] = [];
  /** Answered; not reused before it is known whether the app keeps its connections. */
  private readonly onProbation: Connection[] = [];
  private readonly waiting: ClientExchange[] = [];
  private readonly policy = new KeepAlivePolicy();
  private readonly starvation = new Starvation();
  /** All connections read into it in turn; what must outlast a read is copied. */
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  private sweeper: NodeJS.Timeout | undefined;
  private starvedCheck: NodeJS.Timeout | undefined;

  constructor(origin: URL, options: ClientOptions) {
    this.origin = origin;
    this.options = options;
  }

  /** Sends a request; the listener hears of its answer or of what went wrong. Never throws. */
  request(request: ClientRequest, listener: AnswerListener): Exchange {
    const exchange = new ClientExchange(request, listener, this.origin, this.options.timeoutMs);
    try {
      exchange.headText = formatHead(request);
      this.start(exchange);
    } catch (error) {
      exchange.fail(error);
    }
    return exchange;
  }

  /** Fails what is under way, with that reason, and closes every connection. */
  close(reason: string): void {
    clearInterval(this.sweeper);
    clearTimeout(this.starvedCheck);
    for (const exchange of this.waiting.splice(0)) exchange.abort(reason);
    for (const connection of this.open) connection.close(reason);
  }

  private start(exchange: ClientExchange): void {
    const connection = this.takeIdle() ?? (this.mayConnect() ? this.connect() : undefined);
    if (connection === undefined) this.waiting.push(exchange);
    else connection.carry(exchange);
  }

  /** The one used last, so that the others grow old and are closed. */
  private takeIdle(): Connection | undefined {
    for (let last = this.idle.pop(); last !== undefined; last = this.idle.pop()) {
      if (last.isFresh()) return last;
      last.destroy();
    }
    return undefined;
  }

  private takeWaiting(): ClientExchange | undefined {
    let next = this.waiting.shift();
    while (next?.isOver === true) next = this.waiting.shift();
    return next;
  }

  /**
   * A request waits for a connection on probation instead of opening another: a server may serve
   * one connection after the other.
   */
  private mayConnect(): boolean {
    const limit = this.starvation.isProved ? 1 : this.options.connections;
    const isBelowLimit = this.open.size < limit;
    return isBelowLimit && this.waiting.length >= this.onProbation.length;
  }

  private connect(): Connection {
    const connection = new Connection(this.origin, this.options, this.buffer, {
      onFree: (saysKept, isReused) => this.onFree(connection, saysKept, isReused),
      onBreak: () => this.policy.noteBreak(),
      onClosed: () => this.onClosed(connection),
    });
    this.open.add(connection);
    return connection;
  }

  private onFree(connection: Connection, saysKept: boolean, isReused: boolean): void {
    if (this.starvation.noteAnswer(connection)) this.options.onSerial?.();
    const isOneTooMany = this.starvation.isProved && this.open.size > 1;
    if (isOneTooMany || this.closeForStarved()) {
      connection.destroy();
      return;
    }
    switch (this.policy.decide(saysKept, isReused)) {
      case 'reuse':
        this.reuse(connection);
        return;
      case 'close':
        connection.destroy();
        return;
      case 'probation':
        this.onProbation.push(connection);
        this.awaitProbation(connection);
    }
  }

  /** In two timers: the time in which this process itself stood still does not count. */
  private awaitProbation(connection: Connection): void {
    const half = PROBATION_MS / 2;
    setTimeout(() => {
      // What has come by then is read before the immediate.
      setTimeout(() => setImmediate(() => this.endProbation(connection)), half).unref();
    }, half).unref();
  }

  private endProbation(connection: Connection): void {
    if (!remove(this.onProbation, connection)) return;
    if (this.policy.endProbation()) this.reuse(connection);
    else connection.destroy();
  }

  private reuse(connection: Connection): void {
    if (!connection.isFresh()) {
      connection.destroy();
      return;
    }
    const next = this.takeWaiting();
    if (next !== undefined) {
      connection.carry(next);
      return;
    }
    this.idle.push(connection);
    if (this.open.size > 1) this.checkStarvedLater();
    this.sweeper ??= setInterval(() => this.closeStale(), IDLE_MS).unref();
  }

  private onClosed(connection: Connection): void {
    this.open.delete(connection);
    remove(this.idle, connection);
    remove(this.onProbation, connection);
    // The first in the queue wait for a connection on probation each.
    const isFirstUnserved = this.waiting.length > this.onProbation.length;
    const next = isFirstUnserved ? this.takeWaiting() : undefined;
    if (next !== undefined) this.start(next);
  }

  /** Looks for a starved request once the last connection is kept for long enough; every answer looks, too. */
  private checkStarvedLater(): void {
    clearTimeout(this.starvedCheck);
    const check = (): unknown => this.closeForStarved();
    this.starvedCheck = setTimeout(check, this.starvation.checkAfterMs).unref();
  }

  /** Closes what is kept where a request may wait behind it; true where one may. */
  private closeForStarved(): boolean {
    if (!this.starvation.findStarved(this.open)) return false;
    for (const connection of this.idle) connection.destroy();
    return true;
  }

  private closeStale(): void {
    for (const connection of this.idle) if (!connection.isFresh()) connection.destroy();
  }
}

/** Whether it was in the list. */
function remove(list: Connection[], connection: Connection): boolean {
  const index = list.indexOf(connection);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
