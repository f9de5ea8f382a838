import type { TunnelEvent } from '../tunnel/public-address.ts';
import type { ReportedClient } from './reported-client.ts';
import type { Forward } from '../request/capture.ts';
import type { Verification } from '../signature/verify.ts';

/** Connections are accepted from now on. */
export interface Ready {
  readonly type: 'ready';
  readonly url: string;
  readonly port: number;
  readonly forwardTo: string | null;
  /** Event types that are forwarded elsewhere, with their targets. */
  readonly routes: Readonly<Record<string, string>>;
  readonly store: string;
  readonly secretSource: string;
  /** The address to register with Relyable; null without one. */
  readonly publicUrl: string | null;
  /** The provider that opened the address, as `--tunnel` names it; null if the user routes the address here. */
  readonly tunnel: string | null;
  /** The inspector's address with its token; null without an inspector. */
  readonly inspectUrl: string | null;
}

/**
 * How a request reached this machine. `tunnel`: through a tunnel whose provider names the sender in a header.
 * `relay`: through the stream of a team's relay, which has answered the sender; the app's answer is not sent
 * back. `log`: read from the delivery log; no sender waits.
 */
export type Source = 'http' | 'tunnel' | 'relay' | 'log';

export type WarningCode =
  | 'not_200'
  | 'not_received'
  | 'slow'
  | 'duplicate'
  | 'resigned'
  | 'unknown_event'
  | 'not_json'
  | 'forwarded_again';

/** Something that works here but will cause trouble in production. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

/** The answer that the sender got. */
export interface Answered {
  readonly status: number;
  /** False if the sender disconnected before the answer, or the app's answer broke off after its head. */
  readonly complete: boolean;
}

/** One request and its outcome. */
export interface HandledRequest {
  /** The name on the wire (`--json`). */
  readonly type: 'delivery';
  /** `cap_…` */
  readonly id: string;
  /** Whether the request was signed again before it was verified, because the log did not have its signature. */
  readonly isResigned: boolean;
  /** ms since 1970. */
  readonly receivedAt: number;
  readonly event: string | null;
  /** The id that the event declares, else the hash of its bytes. Computed on each call, because it is rarely needed. */
  readonly readEventId: () => string;
  readonly subjectId: string | null;
  readonly isJson: boolean;
  /** The parsed body. It is parsed on each call, because a parsed body takes more memory than its bytes. */
  readonly readPayload: () => unknown;
  readonly bodyBytes: number;
  readonly duplicateOf: string | null;
  readonly verification: Verification;
  /** null if the request was not forwarded. */
  readonly forward: Forward | null;
  /** Whether the request is marked as a probe of `trigger`. Any sender can set the mark, so it only changes the display. */
  readonly isProbe: boolean;
  /** The sender as the tunnel's provider reports it; null where it does not. */
  readonly client: ReportedClient | null;
  /** Whether the request was not forwarded because `--events` does not name its type. */
  readonly isFiltered: boolean;
  readonly source: Source;
  readonly answered: Answered;
  readonly warnings: readonly Warning[];
}

/** A request that was answered without being stored: malformed, too large, wrong method, store down. */
export interface Refused {
  readonly type: 'refused';
  /** ms since 1970. */
  readonly at: number;
  readonly status: number;
  readonly reason: string;
}

/** The relay was reached or lost, or all requests that waited there have been read. */
export interface RelaySourceEvent {
  readonly type: 'source';
  readonly source: 'relay';
  readonly state: 'up' | 'down' | 'caught-up';
  /** How long the connection was lost, ms; null at the start, and while it is lost. */
  readonly gapMs: number | null;
  /** How many requests wait (`up`) or were read since (`caught-up`); null if that is not known. */
  readonly events: number | null;
  readonly message: string | null;
}

/** The progress of catching up from the delivery log. */
export interface LogSourceEvent {
  readonly type: 'source';
  readonly source: 'log';
  /** `up`: catching up begins; `caught-up`: nothing is missing now; `down`: it ended early. */
  readonly state: 'up' | 'down' | 'caught-up';
  /** The length of the period, up to now, that is caught up, ms. */
  readonly gapMs: number;
  /** Events from the log that were handed to the app so far. */
  readonly events: number;
  /** Of these, those that were not answered 200. */
  readonly failed: number;
  /** Deliveries whose payload the log does not have. */
  readonly skipped: number;
  /** The reason for `down`; null otherwise. */
  readonly message: string | null;
}

/** A message of the stream that is not a request, and was skipped. */
export interface SkippedMessage {
  readonly type: 'set_aside';
  /** Its number in the stream. */
  readonly seq: number;
  readonly subject: string;
  readonly reason: string;
}

/** The counts at the end. */
export interface Summary {
  readonly type: 'summary';
  readonly received: number;
  readonly valid: number;
  readonly invalid: number;
  /** Forwarded to the app. */
  readonly forwarded: number;
  /** Forwarded, but not answered 200. */
  readonly failed: number;
  /** Answered 503, since they could not be stored; they are not among `received`. */
  readonly notStored: number;
  readonly byEvent: Readonly<Record<string, number>>;
  /** The times from the complete request to its answer, ms. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number };
}

/** From now on, signatures are verified with another secret. */
export interface SecretChanged {
  readonly type: 'secret_changed';
  /** Where the secret was read from. Never the secret itself. */
  readonly secretSource: string;
  readonly previousSource: string;
}

/** The events that a listener emits, in order. Every front end reads this stream. */
export type ListenEvent =
  | Ready
  | HandledRequest
  | Refused
  | TunnelEvent
  | RelaySourceEvent
  | LogSourceEvent
  | SkippedMessage
  | SecretChanged
  | Summary;
