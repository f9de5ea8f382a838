import { createHash } from 'node:crypto';
import type { EventType } from '../../relyable/event-type.ts';
import { serialisePayload } from '../../relyable/payload.ts';
import type { WireFormat } from '../../relyable/wire-format.ts';
import type { JsonObject } from '../../json/json-value.ts';
import { SIGNATURE_HEADER, type HeaderPair } from '../../request/request.ts';
import { SAMPLES } from '../../relyable/samples.ts';
import { signPayload } from '../../signature/sign.ts';
import { signRequest, tamperRequest } from '../../signature/tamper.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';
import type { DataEdit, RequestMaker } from './check-case.ts';

export interface MakerOptions {
  readonly secret: string;
  readonly userAgent: string;
  /** One seed makes the same bytes everywhere. */
  readonly seed: number;
}

/** The fields that identify an event. */
const ID_FIELDS: Readonly<Record<EventType, readonly [field: string, prefix: string]>> = {
  'test_run.completed': ['test_run_id', 'run_'],
  'test_run.failed': ['test_run_id', 'run_'],
  'agent.score_dropped': ['agent_id', 'agent_'],
  'test_case.critical_failure': ['call_id', 'call_'],
};

const TAMPER_LABELS: Readonly<Record<Tamper, string>> = {
  body: 'one byte of the body changed after signing',
  signature: 'one digit of the signature changed',
  secret: 'signed with another secret',
  missing: 'no signature header',
  empty: 'an empty signature header',
  prefix: 'the signature with the prefix "sha256="',
  uppercase: 'the signature in upper case',
  base64: 'the signature in base64',
  truncated: 'the first half of the signature',
};

/**
 * The requests of one case. Every request is a new event (its id comes from the seed, the
 * case and a count), so that a handler's deduplication of one case does not answer another.
 */
export function createRequestMaker(caseId: string, options: MakerOptions): RequestMaker {
  const { secret, userAgent, seed } = options;
  let made = 0;
  const payload = (sample: EventType, edit: DataEdit = {}, event: string = sample): JsonObject => {
    made += 1;
    const digest = createHash('sha256').update(`${seed}/${caseId}/${made}`).digest('hex');
    const [field, prefix] = ID_FIELDS[sample];
    const { timestamp, data } = SAMPLES[sample] as { timestamp: string; data: JsonObject };
    const edited = { ...data, [field]: `${prefix}${digest.slice(0, 12)}`, ...edit };
    const kept = Object.entries(edited).filter(([, value]) => value !== undefined);
    return { event, timestamp, data: Object.fromEntries(kept) as JsonObject };
  };
  const plain = (sample: EventType, edit?: DataEdit, event?: string): Buffer =>
    serialisePayload(payload(sample, edit, event), 'compact');

  return {
    genuine: (sample, options = {}) => {
      const { wire = 'compact', edit, event, contentType, cut, signature = isPlain } = options;
      const write = (): Buffer =>
        serialisePayload(payload(sample, { ...wireEdit(sample, wire), ...edit }, event), wire);
      const body = writeUntil(write, (bytes) => signature(signPayload(bytes, secret)));
      const { headers } = signRequest(body, secret, userAgent);
      const { label = `as ${wire} JSON, correctly signed` } = options;
      return {
        label: `${event ?? sample} ${label}`,
        headers: contentType === undefined ? headers : withContentType(headers, contentType),
        body,
        event: sample,
        cuts: cut?.(body),
      };
    },
    tampered: (tamper, sample = 'test_run.completed') => {
      const { headers, body } = tamperRequest(plain(sample), secret, userAgent, tamper);
      return { label: `${sample}, ${TAMPER_LABELS[tamper]}`, headers, body, event: sample };
    },
    forged: (forgery) => {
      const { sample = 'test_run.completed', contentType = 'application/json' } = forgery;
      const { edit, event } = forgery;
      const body =
        forgery.body === undefined ? plain(sample, edit, event) : Buffer.from(forgery.body);
      const right = signPayload(body, secret);
      const values = forgery.signatures({ body, right, secret });
      const headers: HeaderPair[] = [
        ...(contentType === null ? [] : [['Content-Type', contentType] satisfies HeaderPair]),
        ['User-Agent', userAgent],
        ...values.map((value): HeaderPair => [SIGNATURE_HEADER, value]),
      ];
      const subject = forgery.body === undefined ? `${event ?? sample}, ` : '';
      return { label: `${subject}${forgery.label}`, headers, body, event: sample };
    },
  };
}

/** Whether no byte of a signature is below 0x10: a handler may drop the leading 0 of such bytes. */
function isPlain(signature: string): boolean {
  return !/^(..)*0/.test(signature);
}

/** Writes new events until the body of one fits, which takes 8 to 16 tries on average. */
function writeUntil(write: () => Buffer, fits: (body: Buffer) => boolean): Buffer {
  for (let tries = 0; tries < 1000; tries++) {
    const body = write();
    if (fits(body)) return body;
  }
  return write();
}

/** The change without which a sample would look the same in this wire format as in the compact one. */
function wireEdit(sample: EventType, wire: WireFormat): DataEdit {
  if (wire === 'ascii') return textEdit(sample, 'Agence immobilière');
  return wire === 'decimal' && sample === 'test_run.completed' ? { score: 74 } : {};
}

/** The sample with this text in a field that people fill in. */
export function textEdit(sample: EventType, text: string): DataEdit {
  switch (sample) {
    case 'test_run.failed':
      return { error: text };
    case 'test_case.critical_failure':
      return { test_case_name: text };
    case 'test_run.completed':
    case 'agent.score_dropped':
      return { agent_name: text };
  }
}

function withContentType(headers: readonly HeaderPair[], contentType: string): HeaderPair[] {
  return headers.map(([name, value]) => [name, name === 'Content-Type' ? contentType : value]);
}
