import { DEVELOPMENT_SECRET_SOURCE } from '../../config/secrets.ts';
import type { Outgoing, Sender } from '../../http/client/send.ts';
import { markProbe } from '../../request/probe-mark.ts';
import { serialisePayload, WIRE_FORMATS } from '../../relyable/payload.ts';
import type { JsonValue } from '../../json/json-value.ts';
import { type SignedRequest, signRequest, tamperRequest } from '../../signature/tamper.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import type { TriggerPayload } from './payload.ts';

/** One request that was sent to find out what the handler does. */
export interface Probe {
  /** e.g. `the \`compact\` wire format`. */
  readonly sent: string;
  readonly status: number | null;
}

/** Why a handler refused a correct event, as far as its answers tell. */
export interface Finding {
  readonly probes: readonly Probe[];
  /** What the answers show; null when they show nothing. */
  readonly cause: string | null;
  readonly fix: string | null;
}

export interface ProbeOptions {
  readonly payload: TriggerPayload;
  /** The status the event itself got. */
  readonly status: number;
  readonly secret: SecretCandidate;
  /** Secrets at hand that did not sign. */
  readonly known: readonly SecretCandidate[];
  /** Of the event itself; the probes' says that they are probes. */
  readonly userAgent: string;
  /** A signed request as it goes out, with the target and the user's headers. */
  outgoing(signed: SignedRequest): Outgoing;
  readonly sender: Sender;
  readonly signal: AbortSignal;
}

/** Answers to a correct event after which probing may explain something. */
const PUZZLING: ReadonlySet<number> = new Set([400, 401, 403, 500]);

/** Answers to another form of an event that was refused that only come once it is no longer refused. */
const PAST_VERIFICATION: ReadonlySet<number> = new Set([404, 500, 502, 503, 504]);

export function isPuzzling(status: number | null): status is number {
  return status !== null && PUZZLING.has(status);
}

/** What one probe would prove if it gets past the verification. */
interface Candidate {
  readonly sent: string;
  readonly request: SignedRequest;
  readonly cause: string;
  readonly fix: string;
  /** Its signature is no 64 hex digits: a handler may fail while it compares them. */
  readonly isOtherNotation?: boolean;
}

const RAW_BYTES_FIX =
  "verify the raw bytes of the body before anything parses it (Express: express.raw({ type: () => true, limit: '10mb' }); Flask: request.get_data())";

const isRefusal = (status: number | null): boolean => status === 401 || status === 403;

/**
 * Sends the same event in other ways, one after the other, until one gets past the verification; at
 * most 16 requests, and none after one that gets no answer.
 */
export async function probeHandler(plan: ProbeOptions): Promise<Finding> {
  const options = { ...plan, userAgent: markProbe(plan.userAgent) };
  const { status, sender, signal } = options;
  const probes: Probe[] = [];
  const send = async (sent: string, request: SignedRequest): Promise<number | null> => {
    const answer = await sender.send(options.outgoing(request));
    probes.push({ sent, status: answer.status });
    return answer.status;
  };
  for (const candidate of listCandidates(options)) {
    const answer = await send(candidate.sent, candidate.request);
    if (answer === null || signal.aborted) return { probes, cause: null, fix: null };
    // Whatever comes after the verification may still fail: the route is missing, the app behind is down.
    const isPast = isRefusal(status) && PAST_VERIFICATION.has(answer) && !candidate.isOtherNotation;
    if (isPast || (answer >= 200 && answer < 300)) {
      const cause = `your handler answered ${status} to ${nameSent(options.payload)} but ${answer} to ${candidate.sent}: ${candidate.cause}`;
      return { probes, cause, fix: candidate.fix };
    }
  }
  if (isRefusal(status)) return { probes, ...explainRefusal(options, probes) };
  const { body } = options.payload;
  const spoilt = (tamper: 'missing' | 'signature'): SignedRequest =>
    tamperRequest(body, options.secret.value, options.userAgent, tamper);
  const unsigned = await send('no signature', spoilt('missing'));
  const forged = await send('a wrong signature', spoilt('signature'));
  return { probes, ...explainFailure(status, unsigned, forged) };
}

function* listCandidates(options: ProbeOptions): Generator<Candidate> {
  const { payload, secret, userAgent } = options;
  const signedWith = (value: string): SignedRequest => signRequest(payload.body, value, userAgent);
  if (payload.payload !== undefined) yield* otherFormats(options, payload.payload);
  for (const [what, more, less] of [
    ['a newline at its end', `${secret.value}\n`, secret.value.trim()],
    ['quotes around it', `"${secret.value}"`, secret.value.replace(/^(["'])(.+)\1$/, '$2')],
  ] as const) {
    yield less === secret.value
      ? {
          sent: `a secret with ${what}`,
          request: signedWith(more),
          cause: `your app has the secret with ${what}`,
          fix: 'trim the secret where the app reads it',
        }
      : {
          sent: 'the secret without what stands around it',
          request: signedWith(less),
          cause: `the secret from ${secret.source} has white space or quotes around it, and your app's has none`,
          fix: `take them away where ${secret.source} is set`,
        };
  }
  for (const { source, value } of options.known.slice(0, 3)) {
    yield {
      sent: `a signature made with ${source}`,
      request: signedWith(value),
      cause: `your app has that secret, not the one from ${secret.source}`,
      fix: `use one secret for both: the app reads ${source}, trigger signed with ${secret.source}`,
    };
  }
  for (const [tamper, form] of [
    ['prefix', 'with `sha256=` before it'],
    ['base64', 'as base64'],
    ['uppercase', 'in upper case'],
  ] as const) {
    yield {
      sent: `the signature ${form}`,
      request: tamperRequest(payload.body, secret.value, userAgent, tamper),
      isOtherNotation: true,
      cause: `it expects the signature ${form}`,
      fix: 'expect 64 lower-case hex digits and nothing else in X-Relyable-Signature',
    };
  }
}

function* otherFormats(options: ProbeOptions, payload: JsonValue): Generator<Candidate> {
  const tried = [options.payload.body];
  for (const format of WIRE_FORMATS) {
    const body = writeShallow(payload, format);
    if (body === null || tried.some((other) => other.equals(body))) continue;
    tried.push(body);
    yield {
      sent: `the \`${format}\` wire format`,
      request: signRequest(body, options.secret.value, options.userAgent),
      cause: 'it re-serialises the body',
      fix: RAW_BYTES_FIX,
    };
  }
}

/** null for a payload nested too deep to be written again. */
function writeShallow(payload: JsonValue, format: (typeof WIRE_FORMATS)[number]): Buffer | null {
  try {
    return serialisePayload(payload, format);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function nameSent({ wire }: TriggerPayload): string {
  return wire === null ? 'the bytes as given' : `the \`${wire}\` wire format`;
}

type Explanation = Pick<Finding, 'cause' | 'fix'>;

function explainRefusal({ secret, status }: ProbeOptions, probes: readonly Probe[]): Explanation {
  return {
    cause: `no form of the event is accepted (${probes.length + 1} requests, first answer ${status}): most likely your app has another secret`,
    fix:
      secret.source === DEVELOPMENT_SECRET_SOURCE
        ? 'start the app with RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)"'
        : `give the app the secret that trigger signed with, the one from ${secret.source}, and restart it`,
  };
}

/** A handler that fails instead of refusing: where, by what it says to requests it should refuse. */
function explainFailure(
  status: number,
  unsigned: number | null,
  forged: number | null,
): Explanation {
  if (isRefusal(forged)) {
    return {
      cause: `it answers ${forged} to a wrong signature but ${status} to the right one: the signature passes, and what comes after it fails`,
      fix: "look into the app's log: the code that handles the event fails, not the verification",
    };
  }
  if (isRefusal(unsigned)) {
    return {
      cause: `it answers ${unsigned} without a signature but ${status ?? ''} with one, right or wrong: it fails while it compares signatures`,
      fix: 'hash the raw bytes as they are (no .encode() on bytes), and compare lengths before a constant-time comparison',
    };
  }
  return {
    cause: `it answers ${status} to the event in every form, and ${unsigned ?? 'nothing'} without a signature: it fails before or while it verifies`,
    fix: "look into the app's log: is the secret set, is the body read as bytes, does a missing header end in 401?",
  };
}
