import type { Ora } from 'ora';
import { isDevelopmentSecret } from '../../config/secrets.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenEvent, Ready } from '../../pipeline/events.ts';
import type { Listener } from '../../pipeline/listener.ts';
import type { ClientReporter } from '../../pipeline/reported-client.ts';
import type { PublicAddressDocument } from '../../inspector/api-types.ts';
import { createProxyFetch } from '../../relyable/api/proxy.ts';
import { safeText } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { TunnelProvider } from '../../tunnel/provider.ts';
import type { PublicAddress, TunnelEvent } from '../../tunnel/public-address.ts';
import type { ListenOptions } from './options.ts';
import type { ListenSettings } from './settings.ts';

/** A public address as `ready` shows it, and the source of the sender's address. */
export interface Address extends Pick<Ready, 'publicUrl' | 'tunnel'> {
  readonly reporter: ClientReporter | null;
}

export interface PublicAccessOptions {
  readonly listener: Listener;
  /** Prints above the live view where there is one. */
  readonly terminal: Terminal;
  readonly settings: Pick<ListenSettings, 'secrets' | 'secretPlace'>;
  readonly emit: (event: ListenEvent) => void;
}

/** The public address of a listener, while it listens; none without `--tunnel` and `--public-url`. */
export class PublicAccess {
  /** Resolves when the address has changed and `--exit-on-url-change` is given. */
  readonly changed: Promise<void>;
  /** Rejects when the address stayed down for --max-reconnect; never resolves. */
  readonly lost: Promise<never>;
  private readonly invocation: Invocation<ListenOptions>;
  private readonly options: PublicAccessOptions;
  private address: PublicAddress | null = null;
  private onChanged: () => void = () => undefined;
  private onAddress: (address: PublicAddressDocument) => void = () => undefined;
  private onLost: (error: unknown) => void = () => undefined;

  constructor(invocation: Invocation<ListenOptions>, options: PublicAccessOptions) {
    this.invocation = invocation;
    this.options = options;
    this.changed = new Promise((resolve) => (this.onChanged = resolve));
    this.lost = new Promise((_, reject) => (this.onLost = reject));
    this.lost.catch(() => undefined);
  }

  /** Resolves with the address once it works; rejects with why there is none. */
  async open(): Promise<Address> {
    const { context, options } = this.invocation;
    const { listener, terminal } = this.options;
    if (options.tunnel === undefined && options.publicUrl === undefined) {
      return { publicUrl: null, tunnel: null, reporter: null };
    }
    this.warnOfDevelopmentSecret();
    const [{ PublicAddress }, { askPublicDns }, { chooseProvider }] = await Promise.all([
      import('../../tunnel/public-address.ts'),
      import('../../tunnel/public-check.ts'),
      import('../../tunnel/providers.ts'),
    ]);
    const provider =
      options.tunnel === undefined
        ? null
        : await chooseProvider(
            {
              choice: options.tunnel,
              publicUrl: options.publicUrl,
              signal: context.interrupt,
              onFound: terminal.info,
            },
            context,
          );
    const progress = await createProgress(terminal);
    const proxied = options.publicUrl ?? new URL('https://tunnel.invalid');
    this.address = new PublicAddress(
      {
        provider,
        url: options.publicUrl,
        localUrl: new URL(listener.receiver.url),
        checks: listener.checks,
        signal: context.interrupt,
        maxReconnectMs: options.maxReconnect,
        emit: (event) => {
          this.options.emit(event);
          this.onAddress(toAddress(event));
          if (event.state === 'changed' && options.exitOnUrlChange) this.onChanged();
        },
        onProgress: progress.show,
        onSlow: (text) => terminal.warn(`no public address yet: ${text}`),
      },
      {
        fetch: await createProxyFetch(context.fetch, proxied, context.env),
        askPublicDns,
        elapsed: context.elapsed,
        sleep: context.sleep,
        randomBytes: context.randomBytes,
      },
    );
    try {
      const url = await this.address.open();
      return {
        publicUrl: url.href,
        tunnel: provider?.name ?? null,
        reporter: reporterOf(provider),
      };
    } finally {
      progress.stop();
    }
  }

  /** Warns that without the dashboard's secret every event fails verification, and says how to set it. */
  private warnOfDevelopmentSecret(): void {
    const { context } = this.invocation;
    const { terminal, settings } = this.options;
    const [{ value }] = settings.secrets.chosen;
    if (!isDevelopmentSecret(value)) return;
    terminal.warn(
      'Relyable signs with the secret of its dashboard, which this listener does not have yet: its events will fail verification',
    );
    const { name, file } = settings.secretPlace;
    const save = 'once the address is saved under Settings → Webhooks';
    // A variable of the shell takes precedence over the file.
    terminal.info(
      context.env[name] === undefined
        ? `${save}, write the secret shown there to ${file}; it is used from then on, without a restart:\n  ${name}=whsec_…`
        : `${save}, start again with the secret shown there:\n  export ${name}=whsec_…`,
    );
  }

  /** Keeps the address up from here on. Calls `onAddress` now, and again when the address changes. */
  keep(onAddress: (address: PublicAddressDocument) => void): void {
    this.onAddress = onAddress;
    this.address?.lost.catch(this.onLost);
    this.address?.keep();
  }

  async close(): Promise<void> {
    await this.address?.close();
  }
}

/** What the page and other commands show of an address. */
function toAddress({ url, provider, state, message }: TunnelEvent): PublicAddressDocument {
  return { url, provider, isUp: state !== 'down', message };
}

function reporterOf(provider: TunnelProvider | null): ClientReporter | null {
  if (provider === null || provider.clientHeader === null) return null;
  return { name: provider.name, header: provider.clientHeader };
}

interface Progress {
  show(text: string): void;
  stop(): void;
}

/** A spinner on a terminal; elsewhere one line for each step. */
async function createProgress(terminal: Terminal): Promise<Progress> {
  if (!terminal.isLive) {
    return { show: (text) => terminal.info(safeText(text)), stop: () => undefined };
  }
  const { default: ora } = await import('ora');
  let spinner: Ora | null = null;
  return {
    show: (text) => {
      spinner?.stop();
      spinner = ora({
        text: safeText(text),
        color: false,
        discardStdin: false,
        spinner: terminal.isUtf8 ? 'dots' : 'line',
      }).start();
    },
    stop: () => void spinner?.stop(),
  };
}
