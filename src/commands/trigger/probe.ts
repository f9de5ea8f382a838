import { DEVELOPMENT_SECRET_SOURCE } from '../../config/secrets.ts';
import type { Outgoing, Sender } from '../../http/client/send.ts';
import { markProbe } from '../../request/probe-mark.ts';
import { quotePosixIfNeeded } from '../../shell-quote.ts';
import { serialisePayload } from '../../relyable/payload.ts';
import { WIRE_FORMATS } from '../../relyable/wire-format.ts';
import type { JsonValue } from '../../json/json-value.ts';
import { type SignedRequest, signRequest, tamperRequest } from '../../signature/tamper.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import type { TriggerPayload } from './payload.ts';

/** One request that was sent to find out how the handler works. */
export interface Probe {
  /** e.g. `the \`compact\` wire format`. */
  readonly sent: string;
  readonly status: number | null;
}

/** Why a handler refused a correct event, as far as its answers show. */
export interface HandlerDiagnosis {
  readonly probes: readonly Probe[];
  /** Where the probes were sent, if not to the event's own target: the app behind a listener. */
  readonly to?: string;
  /** null when the answers show no cause. */
  readonly cause: string | null;
  readonly fix: string | null;
}

export interface ProbeOptions {
  /** The handler. */
  readonly to: URL;
  readonly payload: TriggerPayload;
  /** The status the event itself got. */
  readonly status: number;
  readonly secret: SecretCandidate;
  /** Other known secrets, which did not sign the event. */
  readonly known: readonly SecretCandidate[];
  /** The user agent of the event; that of the probes adds that they are probes. */
  readonly userAgent: string;
  /** A signed request to the target, with the user's headers. */
  outgoing(signed: SignedRequest): Outgoing;
  readonly sender: Sender;
  readonly signal: AbortSignal;
}

/** Answers to a correct event whose cause probes may find. */
const WORTH_PROBING: ReadonlySet<number> = new Set([400, 401, 403, 500]);

/** Answers to a variant of a refused event that show that it passed the verification. */
const PAST_VERIFICATION: ReadonlySet<number> = new Set([404, 500, 502, 503, 504]);

export function isWorthProbing(status: number | null): status is number {
  return status !== null && WORTH_PROBING.has(status);
}

/** A probe, and what it proves if it passes the verification. */
interface Candidate {
  readonly sent: string;
  readonly request: SignedRequest;
  readonly cause: string;
  readonly fix: string;
  /** Whether the signature is not 64 hex digits, so that a handler may fail while it compares it. */
  readonly isOtherNotation?: boolean;
  /** Whether the probe is the same payload in another wire format. */
  readonly isFormat?: boolean;
}

const RAW_BYTES_FIX =
  "verify the raw bytes of the body before anything parses it (Express: `express.raw({ type: () => true, limit: '10mb' })`; Flask: `request.get_data()`)";

const READING_FIX = "see the app's log: the code that reads the event fails";

const isRefusal = (status: number | null): boolean => status === 401 || status === 403;

/**
 * Sends variants of the same event, one after the other, until one passes the verification. At most
 * 16 requests, and none after one that gets no answer.
 */
export async function probeHandler(plan: ProbeOptions): Promise<HandlerDiagnosis> {
  const options = { ...plan, userAgent: markProbe(plan.userAgent) };
  const { status, sender, signal } = options;
  const probes: Probe[] = [];
  const send = async (sent: string, request: SignedRequest): Promise<number | null> => {
    const answer = await sender.send(options.outgoing(request));
    probes.push({ sent, status: answer.status });
    return answer.status;
  };
  const { body } = options.payload;
  const sendTampered = (sent: string, tamper: 'missing' | 'signature'): Promise<number | null> =>
    send(sent, tamperRequest(body, options.secret.value, options.userAgent, tamper));
  for (const candidate of listCandidates(options)) {
    const answer = await send(candidate.sent, candidate.request);
    if (answer === null || signal.aborted) return { probes, cause: null, fix: null };
    // What follows the verification may fail: the route is missing, or the app behind it is down.
    const isPast = isRefusal(status) && PAST_VERIFICATION.has(answer) && !candidate.isOtherNotation;
    if (!isPast && (answer < 200 || answer >= 300)) continue;
    const seen = `your handler answered ${status} to ${nameSent(options.payload)} but ${answer} to ${candidate.sent}`;
    // The event was refused for its signature only if a wrong signature gets the same answer.
    const isForSignature =
      isRefusal(status) ||
      candidate.isFormat !== true ||
      (await sendTampered('a wrong signature', 'signature')) === status;
    return isForSignature
      ? { probes, cause: `${seen}: ${candidate.cause}`, fix: candidate.fix }
      : { probes, cause: `${seen}, and not for its signature`, fix: READING_FIX };
  }
  if (isRefusal(status)) return { probes, ...explainRefusal(options, probes) };
  const unsigned = await sendTampered('no signature', 'missing');
  const forged = await sendTampered('a wrong signature', 'signature');
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
          sent: 'the secret without white space or quotes around it',
          request: signedWith(less),
          cause: `the secret from ${secret.source} has white space or quotes around it, your app's does not`,
          fix: `remove them where ${secret.source} is set`,
        };
  }
  for (const { source, value } of options.known.slice(0, 3)) {
    yield {
      sent: `a signature made with ${source}`,
      request: signedWith(value),
      cause: `your app uses that secret, not the one from ${secret.source}`,
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
      fix: 'expect only 64 lower-case hex digits in X-Relyable-Signature',
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
      isFormat: true,
      cause: 'it re-serialises the body',
      fix: RAW_BYTES_FIX,
    };
  }
}

/** null for a payload that is nested too deep to be written again. */
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

type Explanation = Pick<HandlerDiagnosis, 'cause' | 'fix'>;

function explainRefusal(
  { to, secret, status }: ProbeOptions,
  probes: readonly Probe[],
): Explanation {
  const secretFix =
    secret.source === DEVELOPMENT_SECRET_SOURCE
      ? 'start the app with RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)"'
      : `give the app the secret that trigger signed with, the one from ${secret.source}, and restart it`;
  const command = `relyable webhooks check ${quotePosixIfNeeded(to.href)}`;
  return {
    cause: `your app rejected every variant (${probes.length + 1} requests, first answer ${status}): its secret may be another one, or it verifies in another way`,
    fix: `if the secret may be another one, ${secretFix}; if it is the same, ${command} tries more causes`,
  };
}

/** Where a handler fails, judged by its answers to requests that it should refuse. */
function explainFailure(
  status: number,
  unsigned: number | null,
  forged: number | null,
): Explanation {
  if (isRefusal(forged)) {
    return {
      cause: `it answers ${forged} to a wrong signature but ${status} to the right one: the signature passes, and what comes after it fails`,
      fix: "see the app's log: the code that handles the event fails, not the verification",
    };
  }
  if (isRefusal(unsigned)) {
    return {
      cause: `it answers ${unsigned} without a signature but ${status ?? ''} with one, right or wrong: it fails while it compares signatures`,
      fix: 'hash the raw bytes as they are (no .encode() on bytes), and compare lengths before a constant-time comparison',
    };
  }
  return {
    cause: `it answers ${status} to every variant of the event, and ${unsigned ?? 'nothing'} without a signature: it fails before or while it verifies`,
    fix: "see the app's log: is the secret set, is the body read as bytes, does a missing header end in 401?",
  };
}
