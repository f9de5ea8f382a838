import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Context } from '../../src/system/context.ts';
import { BIN, temporaryFolder } from './cli.ts';

/** A context with an empty home and an empty current folder; each property can be overridden. */
export function testContext(overrides: Partial<Context> = {}): Context {
  const home = temporaryFolder();
  return {
    argv: [],
    env: {},
    cwd: temporaryFolder(),
    pid: process.pid,
    platform: process.platform,
    nodeVersion: process.versions.node,
    nodeFile: process.execPath,
    programFile: BIN,
    paths: { data: join(home, 'data'), config: join(home, 'config'), cache: join(home, 'cache') },
    stdin: Readable.from([]),
    stdout: { write: () => true },
    stderr: { write: () => true },
    now: Date.now,
    elapsed: () => performance.now(),
    randomBytes,
    limitHeapGrowth: () => undefined,
    sleep: async (ms, signal) => {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
    },
    fetch: (...args) => globalThis.fetch(...args),
    openUrl: async () => undefined,
    interrupt: new AbortController().signal,
    endWithReader: () => undefined,
    stop: () => undefined,
    isForeground: () => true,
    suspend: () => undefined,
    onContinue: () => () => undefined,
    signalProcess: () => {
      throw new Error('a test context sends no signals');
    },
    atExit: () => () => undefined,
    outputProblem: async () => null,
    stoppedBy: () => null,
    ...overrides,
  };
}
