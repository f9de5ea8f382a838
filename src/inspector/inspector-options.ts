import type { TlsOptions } from '../http/target.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import type { ExplanationDocument, PublicAddressDocument } from './api-types.ts';

/** Where the API's delivery log is, and the key for it. */
export interface ApiAccess {
  /** E.g. `https://app.relyable.ai/api`. */
  readonly url: string;
  /** Under the URL, e.g. `/webhooks/deliveries`. */
  readonly deliveriesPath: string;
  /** The API key; it is never part of an answer. */
  readonly key: string;
  readonly proxy: string | undefined;
}

/** What an inspector serves and how it acts; everything in it can be posted to a thread. */
export interface InspectorOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly storeFile: string;
  /** The first chosen one signs. */
  readonly secrets: readonly SecretCandidate[];
  /** Where replays go unless another target is named; the only one that may be off this machine. */
  readonly target: string | null;
  /** The listener that samples are sent to, which stores them; null if none is known. */
  readonly listenerUrl: string | null;
  /** Where that listener is reached from outside; null where it is not. */
  readonly publicAddress: PublicAddressDocument | null;
  readonly tls: TlsOptions;
  /** For each replay and sample, ms; 0 for no limit. */
  readonly timeoutMs: number;
  /** The delivery log; null where neither an API key nor an emulator is configured. */
  readonly api: ApiAccess | null;
  /** Code for the project's framework. */
  readonly recipe: ExplanationDocument['recipe'];
  /** The folder of the built page. */
  readonly pageFolder: string;
}

/** The functions of the environment that an inspector uses. */
export interface InspectorWorld {
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
  /** As global `fetch`, for the API alone. */
  readonly fetch: typeof globalThis.fetch;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
