import type { SendResult } from '../../http/client/send.ts';
import type { EventType } from '../../relyable/event-type.ts';
import type { WireFormat } from '../../relyable/wire-format.ts';
import type { JsonObject } from '../../json/json-value.ts';
import type { HeaderPair } from '../../request/request.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';
import type { Topic } from './advice.ts';
import type { Framework } from './framework.ts';

export const SECTIONS = ['accepts', 'refuses', 'robust', 'answers', 'idempotency'] as const;
export type Section = (typeof SECTIONS)[number];

export const SEVERITIES = ['warning', 'error'] as const;
/** `error`: Relyable's events get lost or forged ones get in. `warning`: it works until something changes. */
export type Severity = (typeof SEVERITIES)[number];

/** One request of a case, with its final bytes. */
export interface CheckRequest {
  /** What it is, for a person, e.g. `test_run.completed as pretty JSON, correctly signed`. */
  readonly label: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
}

/**
 * How a case's requests go out: one after the other; all at once; one after the other over a single
 * connection; each body in pieces; or with the user's state read before the first, after it
 * and at the end, the others one after the other or all at once.
 */
export type Manner =
  'in turn' | 'together' | 'one connection' | 'slowly' | 'observed in turn' | 'observed together';

/** Changes to a sample's `data`; a field set to undefined is left out. */
export type DataEdit = Readonly<Record<string, JsonObject[string] | undefined>>;

export interface GenuineOptions {
  readonly wire?: WireFormat;
  readonly edit?: DataEdit;
  /** Another event type than the sample's own. */
  readonly event?: string;
  readonly contentType?: string;
}

/** Makes a case's requests; every call is a new event, the same for one seed. */
export interface RequestMaker {
  genuine(sample: EventType, options?: GenuineOptions): CheckRequest;
  tampered(tamper: Tamper): CheckRequest;
  /** A genuine event under a signature header (or several) made from the right signature. */
  resigned(label: string, signatures: (right: string) => readonly string[]): CheckRequest;
  /** Any bytes with a signature of the right shape that does not belong to them. */
  forgedBytes(label: string, body: string): CheckRequest;
}

/** What came back from a case's requests, in their order. */
export interface Exchange {
  readonly requests: readonly CheckRequest[];
  readonly answers: readonly SendResult[];
  /** The state before the first request, after it and at the end; empty unless observed. */
  readonly states: readonly string[];
}

/** What is known about the handler in addition to the case's own exchange. */
export interface Facts {
  /** Status of a plain genuine event. */
  readonly usualStatus: number;
  readonly framework: Framework | null;
  /** To look for in answers; never shown. */
  readonly secret: string;
}

/** Why a case failed. */
export interface Complaint {
  readonly topic: Topic;
  /** What came and what was expected, in one line. */
  readonly message: string;
  /** Where this way of failing weighs otherwise than the case. */
  readonly severity?: Severity;
  /** Which of the case's answers shows it; default: the first. */
  readonly at?: number;
}

/** One row of the battery. */
export interface CheckCase {
  /** Stable, e.g. `refuses.uppercase`. */
  readonly id: string;
  readonly section: Section;
  readonly severity: Severity;
  readonly title: string;
  /** Default: `in turn`. */
  readonly manner?: Manner;
  readonly requests: (make: RequestMaker) => readonly CheckRequest[];
  readonly judge: (exchange: Exchange, facts: Facts) => Complaint | null;
}
