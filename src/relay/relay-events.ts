import type { Reason } from '../signature/verify.ts';

/** The relay accepts requests now. */
export interface RelayReady {
  readonly type: 'ready';
  readonly url: string;
  readonly adminUrl: string;
  /** `host:port`; several servers are separated by commas. */
  readonly nats: string;
  readonly stream: string;
  /** null if the relay has no signing secret: then it verifies nothing. */
  readonly secretSource: string | null;
  /** The id of the encryption key; null if requests are published without encryption. */
  readonly keyId: string | null;
}

/** A request that the stream has stored. */
export interface Relayed {
  readonly type: 'relayed';
  /** ms since 1970. */
  readonly at: number;
  readonly event: string | null;
  readonly subject: string;
  /** The number of the message in the stream. */
  readonly seq: number;
  /** Whether the stream already had it, because it is a retry. */
  readonly isDuplicate: boolean;
  /** null if the relay has no signing secret. */
  readonly signature: { readonly valid: boolean; readonly reason: Reason } | null;
  /** The time from the complete request to its answer, ms. */
  readonly durationMs: number;
}

/** A request that was answered but not published. */
export interface NotRelayed {
  readonly type: 'refused';
  readonly at: number;
  readonly status: number;
  readonly reason: string;
}

/** The connection to the engine was lost, or is back. */
export interface RelaySource {
  readonly type: 'source';
  readonly source: 'relay';
  readonly state: 'up' | 'down';
  /** How long the connection was lost, ms; null while it is lost. */
  readonly gapMs: number | null;
  readonly message: string | null;
}

export interface RelaySummary {
  readonly type: 'summary';
  readonly relayed: number;
  readonly duplicates: number;
  readonly refused: number;
}

export type RelayEvent = RelayReady | Relayed | NotRelayed | RelaySource | RelaySummary;
