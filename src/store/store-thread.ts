// The store's thread: commits wait for the disk here, and nobody's request waits with them.
import { parentPort } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../errors.ts';
import { type CaptureStore, openStore } from './capture-store.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

const tell = (message: FromThread): void => parentPort?.postMessage(message);

let storeFile = '';
let store: CaptureStore | undefined;

/** A burst has such gaps at most. */
const QUIET_MS = 25;
/** After a settlement that failed, on a full disk say: nothing is lost meanwhile. */
const RETRY_MS = 1000;
let quiet: NodeJS.Timeout | undefined;
/** What was told of it last; null since one succeeded. */
let trouble: string | null = null;
/** Bursts that follow each other sooner use the same files. */
const TIDY_MS = 10_000;
let tidying: NodeJS.Timeout | undefined;

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'open':
      storeFile = message.file;
      tell({ type: 'open', error: attempt(() => (store = openStore(storeFile))) });
      if (store === undefined) parentPort?.close();
      return;
    case 'write':
      write(message);
      return;
    case 'close':
      clearTimeout(quiet);
      clearTimeout(tidying);
      store?.close();
      tell({ type: 'closed' });
      parentPort?.close();
  }
});

function write({ memory, size }: ToThread & { type: 'write' }): void {
  let firsts: ReadonlyArray<readonly [index: number, first: string]> = [];
  const error = attempt(() => {
    // Somebody has removed it, to begin anew say.
    if (store?.isInPlace() === false) reopen();
    const all = store?.append(Buffer.from(memory, 0, size)) ?? [];
    firsts = all.flatMap((first, index) => (first === null ? [] : [[index, first]]));
  });
  tell({ type: 'written', firsts, error });
  if (store?.isBehind() === true) settle();
  else settleAfter(QUIET_MS);
}

function reopen(): void {
  store?.close();
  store = openStore(storeFile);
}

/** Once nothing has arrived for so long, what did is settled, a part at a time between batches. */
function settleAfter(ms: number): void {
  clearTimeout(quiet);
  quiet = setTimeout(settle, ms);
}

function settle(): void {
  let hasMore = false;
  const error = attempt(() => (hasMore = store?.settle() ?? false));
  if (error !== null && error.message !== trouble) tell({ type: 'trouble', error });
  trouble = error?.message ?? null;
  if (error !== null) settleAfter(RETRY_MS);
  else if (hasMore) settleAfter(0);
  else {
    clearTimeout(tidying);
    tidying = setTimeout(() => attempt(() => store?.tidy()), TIDY_MS);
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
