import type { Reason } from '../signature/verify.ts';

/** The relay accepts requests from now on. */
export interface RelayReady {
  readonly type: 'ready';
  readonly url: string;
  readonly adminUrl: string;
  /** `host:port`, several with commas. */
  readonly nats: string;
  readonly stream: string;
  /** null where the relay has no signing secret: it verifies nothing. */
  readonly secretSource: string | null;
  /** The id of the key that seals; null where requests are published as they are. */
  readonly keyId: string | null;
}

/** A request that the stream has. */
export interface Relayed {
  readonly type: 'relayed';
  /** ms since 1970. */
  readonly at: number;
  readonly event: string | null;
  readonly subject: string;
  /** Its number in the stream. */
  readonly seq: number;
  /** The stream had it already: a retry. */
  readonly isDuplicate: boolean;
  /** null where the relay has no signing secret. */
  readonly signature: { readonly valid: boolean; readonly reason: Reason } | null;
  /** From the complete request to its answer, ms. */
  readonly durationMs: number;
}

/** A request that was answered and not published. */
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
  /** How long it was away, ms; null while it is. */
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
