import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ENV_FILES } from '../../config/env-file.ts';
import { findProjectConfig, PROJECT_FILES, userConfigPath } from '../../config/load.ts';
import { isDevelopmentSecret, resolveSecrets, type Secrets } from '../../config/secrets.ts';
import { errorMessage, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { loadLayers } from '../kit/invocation-config.ts';
import type { ListenOptions } from './options.ts';

/** How often the files are checked where the system reports no changes: network drives, containers. */
const POLL_MS = 2000;
/** A file that is still being written changes again within this time. */
const SETTLE_MS = 150;

export interface SecretWatchOptions {
  readonly secrets: Secrets;
  readonly onChange: (secrets: Secrets) => void;
  /** Called when a file cannot be read; the secret stays. */
  readonly onProblem: (message: string) => void;
}

/**
 * Notices a signing secret that is written to an env file, a config or the file of `--secret-file`
 * while a listener runs. A secret that is removed stays in use.
 */
export class SecretWatch {
  private readonly invocation: Invocation<ListenOptions>;
  private readonly options: SecretWatchOptions;
  private readonly stopped = new AbortController();
  private readonly watchers = new Map<string, FSWatcher>();
  private poll: Promise<void> | null = null;
  private current: string;
  private lastProblem = '';
  private names: ReadonlySet<string> = new Set();
  private wake: () => void = () => undefined;

  constructor(invocation: Invocation<ListenOptions>, options: SecretWatchOptions) {
    this.invocation = invocation;
    this.options = options;
    this.current = options.secrets.chosen[0].value;
  }

  /** Watches until it is stopped. */
  async run(): Promise<void> {
    try {
      for (let seen = this.stamp(); ;) {
        await this.changeOrPoll();
        if (this.stamp() === seen) continue;
        seen = await this.readStableState();
        await this.read();
      }
    } catch (error) {
      if (!this.stopped.signal.aborted) throw error;
    } finally {
      for (const watcher of this.watchers.values()) watcher.close();
    }
  }

  stop(): void {
    this.stopped.abort();
  }

  private async changeOrPoll(): Promise<void> {
    const changed = new Promise<void>((done) => (this.wake = done));
    this.poll ??= this.sleep(POLL_MS).finally(() => (this.poll = null));
    await Promise.race([changed, this.poll]);
  }

  /** Waits until the files no longer change, and returns their state. */
  private async readStableState(): Promise<string> {
    for (let stamp = this.stamp(); ;) {
      await this.sleep(SETTLE_MS);
      const later = this.stamp();
      if (later === stamp) return stamp;
      stamp = later;
    }
  }

  private sleep(ms: number): Promise<void> {
    return this.invocation.context.sleep(ms, this.stopped.signal);
  }

  /** Reports the secret if it is not the one in use. */
  private async read(): Promise<void> {
    const { context, options } = this.invocation;
    let secrets: Secrets;
    try {
      const layers = await loadLayers(this.invocation, () => undefined);
      secrets = resolveSecrets(context, layers, options);
    } catch (error) {
      if (!(error instanceof RelyableError)) throw error;
      // The same problem is reported once.
      if (error.message !== this.lastProblem) this.options.onProblem(errorMessage(error));
      this.lastProblem = error.message;
      return;
    }
    this.lastProblem = '';
    const { value } = secrets.chosen[0];
    // Without another secret, `resolveSecrets` gives the development secret.
    if (value === this.current || isDevelopmentSecret(value)) return;
    this.current = value;
    this.options.onChange(secrets);
  }

  /** The state of every file that may set the secret; also watches their folders. */
  private stamp(): string {
    const files = this.files();
    this.names = new Set([...files.map((file) => basename(file)), ...PROJECT_FILES]);
    return files
      .map((file) => {
        this.watchFolder(dirname(file));
        const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
        return `${file}:${stats?.ino ?? ''}:${stats?.mtimeNs ?? ''}:${stats?.size ?? ''}`;
      })
      .join('\n');
  }

  private files(): string[] {
    const { context, globals, options } = this.invocation;
    const files = [...ENV_FILES, ...(options.secretFile ?? [])];
    return [
      ...files.map((file) => resolve(context.cwd, file)),
      ...this.projectConfig(globals.config),
      userConfigPath(context),
    ];
  }

  private projectConfig(config: string | undefined): string[] {
    const { context } = this.invocation;
    try {
      const file = findProjectConfig(context, config === undefined ? {} : { config });
      return file === undefined ? [] : [file];
    } catch {
      // The file that --config names does not exist at the moment.
      return [];
    }
  }

  private watchFolder(folder: string): void {
    if (this.watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        // A store in the same folder changes with every event.
        if (name === null || this.names.has(name)) this.wake();
      });
      // Without the watcher, the files are still checked every `POLL_MS`.
      watcher.on('error', () => watcher.close());
      this.watchers.set(folder, watcher);
    } catch {
      // The folder does not exist yet, or there are too many watchers: `POLL_MS` applies here, too.
    }
  }
}
