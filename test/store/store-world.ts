import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type BackgroundStore,
  openBackgroundStore,
} from '../../src/store/background/background-store.ts';
import { StoreThread } from '../../src/store/background/store-thread.ts';
import type { FromThread, ToThread } from '../../src/store/background/thread-messages.ts';
import type { Capture } from '../../src/request/capture.ts';
import { temporaryFolder } from '../support/cli.ts';
import { workers } from './workers.ts';

/** The thread's own code on this thread. A test may hold back its answers. */
export class InProcessWorker extends EventEmitter {
  static last: InProcessWorker | undefined;
  /** What was asked of it. */
  readonly asked: ToThread[] = [];
  isDeaf = false;
  private readonly thread = new StoreThread(
    (message) => this.answer(message),
    () => undefined,
  );

  constructor() {
    super();
    InProcessWorker.last = this;
  }

  postMessage(message: ToThread): void {
    this.asked.push(message);
    if (!this.isDeaf) setImmediate(() => this.thread.receive(message));
  }

  answer(message: FromThread): void {
    setImmediate(() => this.emit('message', message));
  }

  ref(): void {}
  unref(): void {}
}

workers.create = () => new InProcessWorker();

export function storeFile(): string {
  return join(temporaryFolder(), 'captures.db');
}

export interface OpenBackgroundStore {
  readonly store: BackgroundStore;
  readonly worker: InProcessWorker;
}

/** A background store whose thread is `InProcessWorker`; the test file mocks node:worker_threads. */
export async function openBackground(file: string): Promise<OpenBackgroundStore> {
  const store = await openBackgroundStore(file);
  const worker = InProcessWorker.last;
  if (worker === undefined) throw new Error('expected a worker');
  onTestFinished(() => store.close().catch(() => undefined));
  return { store, worker };
}

export const ids = (captures: Iterable<Pick<Capture, 'id'>>): string[] =>
  [...captures].map(({ id }) => id);
