// The store's thread: commits wait for the disk here, and nobody's request waits with them.
import { parentPort } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../errors.ts';
import { type CaptureStore, openStore } from './capture-store.ts';
import { Unpacker } from './packing.ts';
import { unpackCapture, unpackForward } from './rows.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

const tell = (message: FromThread): void => parentPort?.postMessage(message);

let store: CaptureStore | undefined;

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'open':
      tell({ type: 'open', error: attempt(() => (store = openStore(message.file))) });
      if (store === undefined) parentPort?.close();
      return;
    case 'write':
      write(message);
      return;
    case 'close':
      store?.close();
      tell({ type: 'closed' });
      parentPort?.close();
  }
});

function write(message: ToThread & { type: 'write' }): void {
  const { memory, answered, reasons } = message;
  let firsts: ReadonlyArray<readonly [index: number, first: string]> = [];
  const error = attempt(() => {
    const packed = new Unpacker(memory);
    const captures = Array.from({ length: message.captures }, () => unpackCapture(packed));
    const forwards = Array.from({ length: message.forwards }, () => unpackForward(packed));
    const all = store?.write({ captures, forwards, answered, reasons }) ?? [];
    firsts = all.flatMap((first, index) => (first === null ? [] : [[index, first]]));
  });
  tell({ type: 'written', firsts, error });
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
