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
  const plain = (): Buffer => serialisePayload(payload('test_run.completed'), 'compact');

  return {
    genuine: (sample, { wire = 'compact', edit, event, contentType } = {}) => {
      const content = payload(sample, { ...wireEdit(sample, wire), ...edit }, event);
      const { headers, body } = signRequest(serialisePayload(content, wire), secret, userAgent);
      return {
        label: `${event ?? sample} as ${wire} JSON, correctly signed`,
        headers: contentType === undefined ? headers : withContentType(headers, contentType),
        body,
      };
    },
    tampered: (tamper) => {
      const { headers, body } = tamperRequest(plain(), secret, userAgent, tamper);
      return { label: `test_run.completed, ${TAMPER_LABELS[tamper]}`, headers, body };
    },
    resigned: (label, signatures) => {
      const body = plain();
      const headers: HeaderPair[] = [
        ['Content-Type', 'application/json'],
        ['User-Agent', userAgent],
        ...signatures(signPayload(body, secret)).map((value): HeaderPair => [
          SIGNATURE_HEADER,
          value,
        ]),
      ];
      return { label: `test_run.completed, ${label}`, headers, body };
    },
    forgedBytes: (label, text) => {
      const body = Buffer.from(text);
      const { headers } = tamperRequest(body, secret, userAgent, 'secret');
      return { label, headers, body };
    },
  };
}

/** What makes a sample differ from its compact form where the wire format alone would not show. */
function wireEdit(sample: EventType, wire: WireFormat): DataEdit {
  if (wire === 'ascii') {
    return sample === 'test_run.failed'
      ? { error: 'Numéro injoignable' }
      : sample === 'test_case.critical_failure'
        ? { test_case_name: 'Notruf: zurück zur Leitstelle' }
        : { agent_name: 'Agence immobilière' };
  }
  return wire === 'decimal' && sample === 'test_run.completed' ? { score: 74 } : {};
}

function withContentType(headers: readonly HeaderPair[], contentType: string): HeaderPair[] {
  return headers.map(([name, value]) => [name, name === 'Content-Type' ? contentType : value]);
}
