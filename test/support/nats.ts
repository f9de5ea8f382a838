import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './cli.ts';
import { reservePort } from './reserve-port.ts';

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
  /** Starts it again on the same port, with another configuration where one is given. */
  start(config?: string): Promise<void>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Takes over another configuration while it runs. */
  reload(config: string): Promise<void>;
}

/** The configuration of a server that syncs each message. */
export const SYNCED = 'jetstream { store_dir: "js", sync_interval: always }\n';

/**
 * A real NATS server on loopback with a folder of its own, which its configuration's paths start from;
 * killed when the test ends.
 */
export async function startNats(config = SYNCED): Promise<TestNats> {
  const server = new NatsProcess(temporaryFolder());
  onTestFinished(() => server.kill());
  await server.start(config);
  return server;
}

class NatsProcess implements TestNats {
  readonly folder: string;
  port = -1;
  private config = '';
  private child: ChildProcess | undefined;
  private log = '';
  private onLog: () => void = () => undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(config = this.config): Promise<void> {
    this.write(config);
    const child = spawn('nats-server', ['-c', this.file], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    this.log = '';
    const lines = createInterface({ input: child.stderr });
    lines.on('line', (line) => {
      this.log += `${line}\n`;
      this.onLog();
    });
    await this.logged(/Server is ready/);
    const bound = /client connections on 127\.0\.0\.1:(\d+)/.exec(this.log)?.[1];
    this.port = Number(bound);
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async reload(config: string): Promise<void> {
    this.write(config);
    this.log = '';
    this.signal('SIGHUP');
    await this.logged(/Reloaded server configuration/);
  }

  private get file(): string {
    return join(this.folder, 'nats.conf');
  }

  private write(config: string): void {
    this.config = config;
    writeFileSync(this.file, `listen: "127.0.0.1:${this.port}"\n${config}`);
  }

  /** Resolves once the log has this; rejects where the server ends without it. */
  private logged(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onLog = () => {
        if (pattern.test(this.log)) resolve();
      };
      this.child?.on('error', reject);
      this.child?.on('exit', () => reject(new Error(`nats-server ended:\n${this.log}`)));
    });
  }
}

/** Three servers of one cluster, each with a folder of its own. */
export async function startCluster(config = SYNCED): Promise<readonly TestNats[]> {
  const ports = await Promise.all([reservePort(), reservePort(), reservePort()]);
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  const servers = ports.map((port, n) =>
    startNats(
      `server_name: n${n}\n${config}cluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }\n`,
    ),
  );
  return Promise.all(servers);
}
