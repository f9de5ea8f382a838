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
  /** The request in words, e.g. `test_run.completed as pretty JSON, correctly signed`. */
  readonly label: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  /** The event type of the sample. The answer is compared with the answer to the plain form of that event. */
  readonly event: EventType;
  /** Where the body is cut, if it is sent in pieces. */
  readonly cuts?: readonly number[] | undefined;
}

/**
 * How a case's requests go out: one after the other; a few at a time, where their order does not
 * matter; all at once; one after the other over a single connection; or with the user's state read
 * before the first, after it and at the end, the others one after the other or all at once.
 */
export type Manner =
  | 'in turn'
  | 'in any order'
  | 'together'
  | 'one connection'
  | 'observed in turn'
  | 'observed together';

/** Changes to a sample's `data`; a field set to undefined is left out. */
export type DataEdit = Readonly<Record<string, JsonObject[string] | undefined>>;

export interface GenuineOptions {
  readonly wire?: WireFormat;
  readonly edit?: DataEdit;
  /** Another event type than the sample's own. */
  readonly event?: string;
  readonly contentType?: string;
  /** The rest of the label, after the event. */
  readonly label?: string;
  /** Where to cut the body, to send it in pieces. */
  readonly cut?: (body: Buffer) => readonly number[];
  /** What the signature must be like, e.g. begin with 0; default: no byte of it is below 0x10. */
  readonly signature?: (signature: string) => boolean;
}

/** A request with its own signature header, or several, or none. */
export interface ForgeryOptions {
  readonly label: string;
  /** Default: `test_run.completed`. */
  readonly sample?: EventType;
  readonly edit?: DataEdit;
  /** Another event type than the sample's own. */
  readonly event?: string;
  /** null: no content type. Default: `application/json`. */
  readonly contentType?: string | null;
  /** Default: the sample, compact. */
  readonly body?: string;
  readonly signatures: (context: SigningContext) => readonly string[];
}

export interface SigningContext {
  readonly body: Buffer;
  /** The right signature of the body. */
  readonly right: string;
  readonly secret: string;
}

/** Makes a case's requests; every call is a new event, the same for one seed. */
export interface RequestMaker {
  genuine(sample: EventType, options?: GenuineOptions): CheckRequest;
  tampered(tamper: Tamper, sample?: EventType): CheckRequest;
  forged(options: ForgeryOptions): CheckRequest;
}

/** The answers to a case's requests, in their order. */
export interface Exchange {
  readonly requests: readonly CheckRequest[];
  readonly answers: readonly SendResult[];
  /** The state before the first request, after it and at the end; empty unless observed. */
  readonly states: readonly string[];
}

/** What is known about the handler in addition to the case's own exchange. */
export interface Facts {
  /** Status of each event in its plain form; null where no answer came. */
  readonly usual: Readonly<Record<EventType, number | null>>;
  /** Why a plain event was not accepted; none for those that were. */
  readonly refusals: Readonly<Partial<Record<EventType, Refusal>>>;
  /** Status of a plain event with a wrong signature; null where no answer came. */
  readonly forgedStatus: number | null;
  readonly framework: Framework | null;
  /** The signing secret, to search for in answers; never shown. */
  readonly secret: string;
}

/** Why a plain event was refused, as far as the answers prove it. */
export interface Refusal extends Pick<Complaint, 'topic' | 'headline' | 'fix'> {
  /** What is added to a case's message, e.g. which variant was accepted. */
  readonly proof: string;
  /** The other form of the signature that the handler expects. */
  readonly expects?: Tamper | undefined;
}

/** Why a case failed. */
export interface Complaint {
  readonly topic: Topic;
  /** The expected and the actual result, in one line. */
  readonly message: string;
  /** The cause that the variants proved, instead of the topic's own headline. */
  readonly headline?: string | undefined;
  readonly fix?: string | undefined;
  /** The severity of this failure, if it differs from the case's. */
  readonly severity?: Severity;
  /** The index of the answer that shows the failure; default: 0. */
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
  /** Why the case cannot judge this handler; null if it can. */
  readonly skip?: (facts: Facts) => string | null;
}
