import { type Database, runTransaction, storeError } from './schema.ts';

/** Writes that share commits: those that arrive while one is being prepared go in together. */
export interface GroupCommit {
  /** Resolves once the write is on disk; rejects with STORE_UNUSABLE, and then it is not there. */
  write(work: () => void): Promise<void>;
  /** Commits what waits. */
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
