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
  /** The limit on connections to the origin, and so on requests under way. Further requests wait. */
  readonly connections: number;
  /** Called once, if the app turns out to serve connections one after the other. The client then uses only one. */
  readonly onSerial?: () => void;
  /** The time limit of each exchange, including the wait for a connection, ms; 0 for no limit. */
  readonly timeoutMs: number;
}

const READ_BUFFER_BYTES = 64 * 1024;
/** How long a connection on probation must stay open after its answer, ms. */
const PROBATION_MS = 10;

/**
 * An HTTP/1.1 client for one origin. It sends the bytes exactly as given and passes on an answer exactly as
 * it comes. It follows no redirects, repeats no requests and adds no headers. Connections are reused.
 */
export class Client {
  private readonly origin: URL;
  private readonly options: ClientOptions;
  private readonly open = new Set<Connection>();
  private readonly idle: Connection[] = [];
  /** Connections with a complete answer. They are not reused until it is known whether the app keeps connections open. */
  private readonly onProbation: Connection[] = [];
  private readonly waiting: ClientExchange[] = [];
  private readonly policy = new KeepAlivePolicy();
  private readonly starvation = new Starvation();
  /** The read buffer that all connections share. Bytes that are needed after a read are copied. */
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  private sweeper: NodeJS.Timeout | undefined;
  private starvedCheck: NodeJS.Timeout | undefined;

  constructor(origin: URL, options: ClientOptions) {
    this.origin = origin;
    this.options = options;
  }

  /** Sends a request. The listener gets the answer or the failure. Never throws. */
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

  /** Fails the requests under way with this reason, and closes every connection. */
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

  /** The idle connection that was used last, so that the others become old and are closed. */
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
   * Whether a waiting request may open another connection. If a connection is on probation, the request waits
   * for it, because a server may serve connections one after the other.
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

  /** Ends the probation later. Uses two timers, so that time in which this process was blocked does not count. */
  private awaitProbation(connection: Connection): void {
    const half = PROBATION_MS / 2;
    setTimeout(() => {
      // Bytes that have arrived by then are read before the immediate runs.
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
    // For each connection on probation, one request at the head of the queue waits.
    const isFirstUnserved = this.waiting.length > this.onProbation.length;
    const next = isFirstUnserved ? this.takeWaiting() : undefined;
    if (next !== undefined) this.start(next);
  }

  /** Checks for a starved request after the time in which one can be found. Every answer also checks. */
  private checkStarvedLater(): void {
    clearTimeout(this.starvedCheck);
    const check = (): unknown => this.closeForStarved();
    this.starvedCheck = setTimeout(check, this.starvation.checkAfterMs).unref();
  }

  /** Closes the kept connections if a request may be waiting behind them; true if so. */
  private closeForStarved(): boolean {
    if (!this.starvation.findStarved(this.open)) return false;
    for (const connection of this.idle) connection.destroy();
    return true;
  }

  private closeStale(): void {
    for (const connection of this.idle) if (!connection.isFresh()) connection.destroy();
  }
}

/** Removes a connection from a list; true if it was in the list. */
function remove(list: Connection[], connection: Connection): boolean {
  const index = list.indexOf(connection);
  if (index !== -1) list.splice(index, 1);
  return index !== -1;
}
