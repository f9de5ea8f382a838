import type { TlsOptions } from '../http/target.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import type { ApiAttemptDocument, ExplanationDocument } from './api-types.ts';

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
  /** A listener, which stores the samples that are sent to it; null where none is known. */
  readonly listenerUrl: string | null;
  readonly tls: TlsOptions;
  /** For each replay and sample, ms; 0 for no limit. */
  readonly timeoutMs: number;
  /** Code for the project's framework. */
  readonly recipe: ExplanationDocument['recipe'];
  /** The folder of the built page. */
  readonly pageFolder: string;
}

/** What an inspector takes from the world. */
export interface InspectorWorld {
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
}

/** The API's attempts for an event, newest deliveries first; null where no API is configured. */
export type AttemptLog = (eventId: string) => Promise<{
  readonly attempts: readonly ApiAttemptDocument[];
  readonly searched: number;
}>;
