// The shapes of the inspector's HTTP API: the server writes them, the page reads them. Types only.

/** A name and value as received. */
export type Header = readonly [name: string, value: string];

export interface StateDocument {
  readonly type: 'state';
  readonly v: 1;
  /** The store's file. */
  readonly store: string;
  /** Where a replay goes unless another target is named; null where none is known. */
  readonly target: string | null;
  /** A listener on this machine, which stores the samples sent to it; null where none is known. */
  readonly listener: string | null;
  /** Where the listener beside the page is reached from outside; null where it is not. */
  readonly publicAddress: PublicAddressDocument | null;
  /** The four published event types. */
  readonly events: readonly string[];
  /** Every reason that a verification can have. */
  readonly reasons: readonly string[];
  readonly exportFormats: readonly string[];
  /** Where the signing secret comes from; never the secret. */
  readonly secretSource: string;
  /** Whether the API's attempts can be shown. */
  readonly hasApi: boolean;
}

/** The address for the dashboard, as `--tunnel` or `--public-url` has it now. */
export interface PublicAddressDocument {
  readonly url: string;
  /** As `--tunnel` names it; null for an address that the user routes here. */
  readonly provider: string | null;
  /** Whether requests to it arrive, as far as the listener knows. */
  readonly isUp: boolean;
  /** Why it is down, or what follows from a change; null for nothing. */
  readonly message: string | null;
}

/** A row of the list. */
export interface CaptureRow {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  readonly event: string | null;
  readonly subjectId: string | null;
  readonly bodyBytes: number;
  readonly valid: boolean;
  readonly reason: string;
  readonly duplicateOf: string | null;
  /** The sender's answer; null where it is not known. */
  readonly answered: number | null;
  readonly attempts: number;
  readonly replays: number;
  /** The outcome of the last forward or replay; null where there was none. */
  readonly last: {
    readonly status: number | null;
    readonly durationMs: number;
    readonly error: string | null;
  } | null;
}

export interface CapturesDocument {
  readonly type: 'captures';
  readonly v: 1;
  /** How many match, as far as is known. */
  readonly total: number;
  /** False while a search continues with older captures: ask again. */
  readonly isComplete: boolean;
  readonly offset: number;
  /** Newest first. */
  readonly captures: readonly CaptureRow[];
}

export interface AttemptDocument {
  readonly kind: 'forward' | 'replay';
  readonly at: string;
  readonly url: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly edited: boolean;
  readonly responseHeaders: readonly Header[];
  readonly responseBodyBase64: string;
}

export interface CaptureDocument {
  readonly type: 'capture';
  readonly v: 1;
  readonly id: string;
  readonly receivedAt: string;
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  readonly headers: readonly Header[];
  readonly bodyBytes: number;
  readonly event: string | null;
  readonly eventId: string;
  readonly subjectId: string | null;
  readonly duplicateOf: string | null;
  readonly answered: number | null;
  readonly verification: { readonly valid: boolean; readonly reason: string };
  /** `log`: made from the API's delivery log, not received. */
  readonly source: 'log' | null;
  readonly forwards: readonly AttemptDocument[];
  /** The captures of the same event, this one included, oldest first. */
  readonly repeats: ReadonlyArray<{ readonly id: string; readonly receivedAt: string }>;
  /** The payload's `data.view_url` where it is `https:` and the signature is valid. */
  readonly viewUrl: string | null;
}

export interface ExplanationDocument {
  readonly type: 'explanation';
  readonly v: 1;
  readonly valid: boolean;
  readonly reason: string;
  readonly reasons: readonly string[];
  readonly detail: string;
  readonly fix: string | null;
  readonly secretSource: string | null;
  readonly body: { readonly length: number; readonly sha256: string };
  readonly signed: {
    readonly name: string;
    readonly length: number;
    readonly sha256: string;
  } | null;
  readonly difference: {
    readonly offset: number;
    readonly bodyBase64: string;
    readonly signedBase64: string;
    readonly body: ByteExcerpt;
    readonly signed: ByteExcerpt;
  } | null;
  readonly tried: { readonly bodies: number; readonly keys: number; readonly macs: number } | null;
  /** Code that receives webhooks correctly, for the project's framework; null where it is not known. */
  readonly recipe: { readonly title: string; readonly code: string } | null;
}

/** Bytes around the first one that differs: as text, where everything but printable ASCII is escaped. */
export interface ByteExcerpt {
  readonly before: string;
  /** Empty where the bytes end there. */
  readonly differs: string;
  readonly after: string;
}

/** An attempt of a delivery of the same event, as the API reports it. */
export interface ApiAttemptDocument {
  readonly deliveryId: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly at: string;
  readonly status: number | null;
  readonly durationMs: number | null;
  readonly error: string | null;
  readonly endpoint: string | null;
  readonly state: 'delivered' | 'retrying' | 'failed';
  readonly nextRetryAt: string | null;
  /** The capture that is this attempt's request; null where there is none. */
  readonly captureId: string | null;
}

export interface AttemptsDocument {
  readonly type: 'attempts';
  readonly v: 1;
  /** Oldest first. */
  readonly attempts: readonly ApiAttemptDocument[];
  /** How many of the newest deliveries were looked through. */
  readonly searched: number;
  /** Whether those are all in which the event can be. */
  readonly isComplete: boolean;
}

export interface ActivityDocument {
  readonly type: 'activity';
  readonly v: 1;
  readonly bucketMs: number;
  readonly buckets: ReadonlyArray<{
    readonly start: string;
    readonly received: number;
    readonly invalid: number;
    readonly failed: number;
    readonly meanMs: number | null;
    readonly maxMs: number | null;
  }>;
}

/** The result of a replay or of a sample that was sent. */
export interface SentDocument {
  readonly type: 'replay' | 'sample';
  readonly v: 1;
  readonly url: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly edited: boolean;
}

export interface ErrorDocument {
  readonly type: 'error';
  readonly v: 1;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
