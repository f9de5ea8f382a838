import type { Forward } from '../request/capture.ts';
import type { Verification } from '../signature/verify.ts';

/** Connections are accepted from now on. */
export interface Ready {
  readonly type: 'ready';
  readonly url: string;
  readonly port: number;
  readonly forwardTo: string | null;
  readonly store: string;
  readonly secretSource: string;
}

export type WarningCode = 'not_200' | 'slow' | 'duplicate' | 'unknown_event' | 'not_json';

/** Something about a delivery that works but should not stay so. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

/** One request with everything that came of it. */
export interface Delivery {
  readonly type: 'delivery';
  /** `cap_…` */
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  readonly event: string | null;
  /** Its own id, else the hash of its bytes, computed anew each time: hardly anybody asks. */
  readonly readEventId: () => string;
  readonly subjectId: string | null;
  readonly isJson: boolean;
  /** The parsed body, anew each time: kept for all that is under way it would cost more than the bytes. */
  readonly readPayload: () => unknown;
  readonly bodyBytes: number;
  readonly duplicateOf: string | null;
  readonly verification: Verification;
  /** null when it was not passed on. */
  readonly forward: Forward | null;
  /** Calls itself a probe of `trigger`; anybody can, so it changes how it is shown and nothing else. */
  readonly isProbe: boolean;
  /** Not passed on because `--events` names others. */
  readonly isFiltered: boolean;
  readonly answered: { readonly status: number };
  readonly warnings: readonly Warning[];
}

/** A request that was answered without being kept: broken, too large, wrong method, store down. */
export interface Refused {
  readonly type: 'refused';
  /** ms since 1970. */
  readonly at: number;
  readonly status: number;
  readonly reason: string;
}

/** The counts when it ends. */
export interface Summary {
  readonly type: 'summary';
  readonly received: number;
  readonly valid: number;
  readonly invalid: number;
  /** Passed on to the app. */
  readonly forwarded: number;
  /** Of those, not answered 200. */
  readonly failed: number;
  readonly byEvent: Readonly<Record<string, number>>;
  /** From the whole request to its answer. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number };
}

/** What a listener tells, in the order it happens: one stream feeds every front end. */
export type ListenEvent = Ready | Delivery | Refused | Summary;
