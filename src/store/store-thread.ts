// The store's thread: commits wait for the disk here, and nobody's request waits with them.
import { parentPort } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../errors.ts';
import { type CaptureStore, openStore } from './capture-store.ts';
import { Unpacker } from './packing.ts';
import { unpackCapture, unpackForward } from './rows.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transfer);

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
  const { buffer, answered, reasons } = message;
  let firsts: ReadonlyArray<string | null> = [];
  const error = attempt(() => {
    const packed = new Unpacker(message);
    const captures = Array.from({ length: message.captures }, () => unpackCapture(packed));
    const forwards = Array.from({ length: message.forwards }, () => unpackForward(packed));
    firsts = store?.write({ captures, forwards, answered, reasons }) ?? [];
  });
  tell({ type: 'written', firsts, error, buffer }, [buffer]);
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
