import { type Database, runTransaction, storeError } from './schema.ts';

/** Groups writes into commits: writes that arrive while a commit is being prepared become part of it. */
export interface GroupCommit {
  /** Resolves once the write is on disk. If it rejects (STORE_UNUSABLE), nothing was written. */
  write(work: () => void): Promise<void>;
  /** Commits the waiting writes. */
  flush(): void;
}

interface Waiting {
  readonly work: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createGroupCommit(file: string, database: Database): GroupCommit {
  let waiting: Waiting[] = [];

  const commit = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      runTransaction(database, () => {
        for (const { work } of batch) work();
      });
    } catch (error) {
      const cause = storeError(file, error);
      for (const { reject } of batch) reject(cause);
      return;
    }
    for (const { resolve } of batch) resolve();
  };

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push({ work, resolve, reject });
      }),
    flush: commit,
  };
}
