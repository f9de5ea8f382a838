import { Connection, type ConnectionOptions, IDLE_MS } from './connection.ts';
import {
  type AnswerListener,
  ClientExchange,
  type ClientRequest,
  type Exchange,
  formatHead,
} from './exchange.ts';
import { createKeeping } from './keep-alive-policy.ts';

export interface ClientOptions extends ConnectionOptions {
  /** Connections to the origin, hence requests under way; more wait. */
  readonly connections: number;
  /** For each whole exchange, its wait for a connection included; 0 for none. */
  readonly timeoutMs: number;
}

/** Sends requests to one origin over kept connections. */
export interface Client {
  request(request: ClientRequest, listener: AnswerListener): Exchange;
  /** Fails what is under way, with that reason, and closes every connection. */
  close(reason: string): void;
}

const READ_BUFFER_BYTES = 64 * 1024;
/** An app that does not say whether it keeps connections shows it: one must outlast an answer so long. */
const PROOF_MS = 10;

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
