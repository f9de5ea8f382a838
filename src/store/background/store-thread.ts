// The store's thread: it writes each group of captures to SQLite in one commit.
import { parentPort } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../../errors.ts';
import type { Group } from '../rows.ts';
import { type CaptureStore, openStore } from '../writer.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

/** Handles each message to the thread. `tell` sends an answer; `end` lets the thread end. */
export class StoreThread {
  private readonly tell: (message: FromThread) => void;
  private readonly end: () => void;
  private file = '';
  private store: CaptureStore | undefined;
  private startedAt: number | null = null;

  constructor(tell: (message: FromThread) => void, end: () => void) {
    this.tell = tell;
    this.end = end;
  }

  receive(message: ToThread): void {
    switch (message.type) {
      case 'open':
        this.file = message.file;
        this.startedAt = message.startedAt;
        this.tell({ type: 'open', error: attempt(() => (this.store = this.open())) });
        if (this.store === undefined) this.end();
        return;
      case 'write':
        this.write(message.group);
        return;
      case 'close':
        this.close(message.endedAt);
        this.tell({ type: 'closed' });
        this.end();
    }
  }

  private write(group: Group): void {
    let firsts: ReadonlyArray<string | null> = [];
    const error = attempt(() => (firsts = this.current().write(group)));
    this.tell({ type: 'written', firsts, error });
  }

  /** The store. It is opened again if the file was removed, e.g. by a user who wants to start fresh. */
  private current(): CaptureStore {
    if (this.store?.isInPlace() === true) return this.store;
    this.store?.close();
    this.store = undefined;
    this.store = this.open();
    return this.store;
  }

  private open(): CaptureStore {
    const store = openStore(this.file);
    const { startedAt } = this;
    // A full disk must not keep a listener from starting.
    if (startedAt !== null) attempt(() => store.listeners.started(startedAt));
    return store;
  }

  private close(endedAt: number | null): void {
    const { store } = this;
    if (store === undefined) return;
    // If this fails, the newest capture shows how far the listener got.
    if (endedAt !== null) attempt(() => store.listeners.ended(endedAt));
    store.close();
  }
}

function attempt(work: () => void): ThreadError | null {
  try {
    work();
    return null;
  } catch (error) {
    const hint = error instanceof RelyableError ? error.hint : undefined;
    return { message: errorMessage(error), hint };
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const thread = new StoreThread(
    (message) => port.postMessage(message),
    () => port.close(),
  );
  port.on('message', (message: ToThread) => thread.receive(message));
}
