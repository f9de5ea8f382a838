import type { ConfigLayer } from '../../config/load.ts';
import type { Setting } from '../../config/settings.ts';
import type { TlsOptions } from '../../http/target.ts';
import type { Context } from '../../system/context.ts';
import type { RelyableError } from '../../errors.ts';
import type { Engine } from '../../relay/engine.ts';
import type { SealingKey } from '../../relay/sealing.ts';

export type CheckName =
  | 'node'
  | 'config'
  | 'secret'
  | 'store'
  | 'ports'
  | 'target'
  | 'tls'
  | 'probe'
  | 'captures'
  | 'tunnel'
  | 'container'
  | 'proxy'
  | 'relay'
  | 'api'
  | 'key'
  | 'clock'
  | 'deliveries';

/** What one check found. */
export interface DoctorFinding {
  readonly check: CheckName;
  /** `failure`: something will not work; `warning`: something may not; `info`: good to know. */
  readonly level: 'ok' | 'info' | 'warning' | 'failure';
  readonly message: string;
  /** What to do or type next; null where there is nothing to do. */
  readonly fix: string | null;
}

/** The NATS server of a team's relay, as this listener reaches it. */
export interface RelaySubject {
  readonly team: string;
  /** `--as` */
  readonly reader: string;
  /** Rejects with an error of ours where it cannot be reached or refuses the credentials. */
  connect(): Promise<Engine>;
  /** The keys of `--encrypt-key-file`; throws where the file cannot be used. */
  openKeys(): readonly SealingKey[];
}

/** What is examined; complete before the checks begin. */
export interface Subject {
  readonly context: Context;
  readonly layers: readonly ConfigLayer[];
  /** What is wrong with the settings; those that could not be read have their defaults here. */
  readonly configErrors: readonly RelyableError[];
  /** Warnings from reading the config files. */
  readonly configWarnings: readonly string[];
  /** The app's URL; null where no setting names one. */
  readonly target: Setting<URL> | null;
  readonly store: Setting<string>;
  readonly api: Setting<URL>;
  readonly apiKey: Setting<string> | null;
  /** Under the API's URL. */
  readonly deliveriesPath: string;
  /** Whether a signed sample may be sent to the app. */
  readonly mayProbe: boolean;
  /** The TLS options for the sample. */
  readonly tls: TlsOptions;
  readonly listen: { readonly host: string; readonly port: number };
  /** null where neither `--from` nor the environment names a server. */
  readonly relay: RelaySubject | null;
  /** Whether this is a container. */
  readonly isContainer: boolean;
}

/** One check; it ends early, by throwing, when the signal aborts. */
export type Check = (subject: Subject, signal: AbortSignal) => Promise<readonly Found[]>;

/** What a check returns; the finding is of that check unless it names another. */
export type Found = Omit<DoctorFinding, 'check'> & { readonly check?: CheckName };

export const ok = (message: string): Found => ({ level: 'ok', message, fix: null });
export const info = (message: string, fix: string | null = null): Found => ({
  level: 'info',
  message,
  fix,
});
export const warning = (message: string, fix: string | null): Found => ({
  level: 'warning',
  message,
  fix,
});
export const failure = (message: string, fix: string | null): Found => ({
  level: 'failure',
  message,
  fix,
});

/** One of our own errors as a finding. */
export function failureOf(error: RelyableError): Found {
  return failure(error.message, error.hint ?? null);
}
