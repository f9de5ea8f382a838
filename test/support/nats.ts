import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './cli.ts';

/** Whether this machine has a NATS server that is new enough for everything the tests use. */
export const hasNats = isNew() || process.env['RELYABLE_REQUIRE_STACKS'] === '1';

function isNew(): boolean {
  const version = spawnSync('nats-server', ['--version']).stdout?.toString() ?? '';
  const [, major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10);
}

export interface TestNats {
  /** `nats://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: () => number;
  /** Starts it again on the same port, with another configuration where one is given. */
  start(config?: string): Promise<void>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** The configuration of a server that syncs each message. */
export const SYNCED = 'jetstream { store_dir: "js", sync_interval: always }\n';

/**
 * A real NATS server on loopback with a folder of its own, which its configuration's paths start from;
 * killed when the test ends.
 */
export async function startNats(config = SYNCED): Promise<TestNats> {
  const folder = temporaryFolder();
  return startNatsIn(folder, config);
}

export async function startNatsIn(folder: string, config: string): Promise<TestNats> {
  let port = -1;
  let current = config;
  let child: ChildProcess | undefined;
  const start = async (next = current): Promise<void> => {
    current = next;
    const file = join(folder, 'nats.conf');
    writeFileSync(file, `listen: "127.0.0.1:${port}"\n${current}`);
    const started = spawn('nats-server', ['-c', file], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    const lines = createInterface({ input: started.stderr });
    let log = '';
    for await (const line of lines) {
      log += `${line}\n`;
      const bound = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (bound !== undefined) port = Number(bound);
      if (line.includes('Server is ready')) {
        started.stderr.resume();
        return;
      }
    }
    throw new Error(`nats-server did not start:\n${log}`);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    folder,
    pid: () => child?.pid ?? 0,
    start,
    kill,
    signal: (signal) => void child?.kill(signal),
  };
}
