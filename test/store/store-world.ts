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

/** The thread's own code on this thread. A test may hold back its answers. */
export class InProcessWorker extends EventEmitter {
  /** What was asked of it. */
  readonly asked: ToThread[] = [];
  isDeaf = false;
  private readonly thread = new StoreThread(
    (message) => this.answer(message),
    () => undefined,
  );

  postMessage(message: ToThread): void {
    this.asked.push(message);
    if (!this.isDeaf) setImmediate(() => this.thread.receive(message));
  }

  answer(message: FromThread): void {
    setImmediate(() => this.emit('message', message));
  }
}

export function storeFile(): string {
  return join(temporaryFolder(), 'captures.db');
}

export interface OpenBackgroundStore {
  readonly store: BackgroundStore;
  readonly worker: InProcessWorker;
}

/** A background store whose thread is `InProcessWorker`. */
export async function openBackground(file: string): Promise<OpenBackgroundStore> {
  const worker = new InProcessWorker();
  const store = await openBackgroundStore(file, undefined, worker);
  onTestFinished(() => store.close().catch(() => undefined));
  return { store, worker };
}

export const ids = (captures: Iterable<Pick<Capture, 'id'>>): string[] =>
  [...captures].map(({ id }) => id);
