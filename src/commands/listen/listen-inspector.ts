import { SETTINGS } from '../../config/settings.ts';
import { parseApiUrl } from '../../config/values.ts';
import { readTlsOptions } from '../../http/target.ts';
import type { PublicAddressDocument } from '../../inspector/api-types.ts';
import type { InspectorThread } from '../../inspector/start-thread.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import type { Invocation } from '../../invocation.ts';
import type { InvocationConfig } from '../kit/invocation-config.ts';
import type { ListenOptions } from './options.ts';
import type { ListenSettings } from './settings.ts';

/** The inspector beside a listener, started by `--inspect` or by the first key that needs it. */
export class ListenInspector {
  private readonly invocation: Invocation<ListenOptions>;
  private readonly settings: ListenSettings;
  private secrets: readonly SecretCandidate[];
  private readonly config: InvocationConfig<ListenOptions>;
  private address: PublicAddressDocument | null = null;
  private thread: Promise<InspectorThread> | undefined;

  constructor(
    invocation: Invocation<ListenOptions>,
    settings: ListenSettings,
    config: InvocationConfig<ListenOptions>,
  ) {
    this.invocation = invocation;
    this.settings = settings;
    this.secrets = settings.listener.secrets;
    this.config = config;
  }

  /** The page's address with its token; starts the thread the first time. */
  async open(): Promise<string> {
    this.thread ??= this.start().catch((error: unknown) => {
      // The port may be free the next time.
      this.thread = undefined;
      throw error;
    });
    const { url } = await this.thread;
    return url;
  }

  /** Verifies and signs with these from here on. */
  replaceSecrets(secrets: readonly SecretCandidate[]): void {
    this.secrets = secrets;
    this.thread?.then(
      (thread) => thread.replaceSecrets(secrets),
      () => undefined,
    );
  }

  /** Shows where the listener is reached from outside from here on. */
  showPublicAddress(address: PublicAddressDocument): void {
    this.address = address;
    this.thread?.then(
      (thread) => thread.showPublicAddress(address),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    const thread = await this.thread?.catch(() => undefined);
    await thread?.close();
  }

  private async start(): Promise<InspectorThread> {
    const { invocation, config } = this;
    const { context, options } = invocation;
    const { listener, storeFile } = this.settings;
    const [{ startInspectorThread }, { recipeOf }, { findApiAccess }] = await Promise.all([
      import('../../inspector/start-thread.ts'),
      import('../kit/project-recipe.ts'),
      import('../kit/api-access.ts'),
    ]);
    return startInspectorThread({
      host: '127.0.0.1',
      // Without --inspect any free port will do.
      port: options.inspect ?? 0,
      storeFile,
      secrets: this.secrets,
      target: listener.forward?.target.href ?? null,
      // A port that the system chooses is not known yet.
      listenerUrl: listener.port === 0 ? null : toUrl(listener.host, listener.port),
      publicAddress: this.address,
      tls: readTlsOptions(options),
      timeoutMs: listener.forward?.timeoutMs ?? 0,
      api: findApiAccess(
        invocation,
        config,
        config.setting(SETTINGS.apiUrl, parseApiUrl),
        undefined,
      ),
      recipe: recipeOf(context.cwd),
    });
  }
}

function toUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
