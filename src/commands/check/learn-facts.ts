import { RelyableError } from '../../errors.ts';
import { isListening } from '../../http/client/reachability.ts';
import type { Sender, SendResult } from '../../http/client/send.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import { WIRE_FORMATS } from '../../relyable/wire-format.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import type { CheckRequest, Facts, Refusal, RequestMaker, SigningContext } from './check-case.ts';
import { detectFramework, type Framework } from './framework.ts';
import { explainCrash } from './explain-crash.ts';
import { is2xx, isSignatureRefusal } from './judge.ts';
import { createRequestMaker, type MakerOptions } from './request-maker.ts';
import { listSigningMistakes } from './signing-mistakes.ts';

export interface LearnOptions extends MakerOptions {
  readonly url: URL;
  /** Other secrets of the user, which the handler may use by mistake. */
  readonly known: readonly SecretCandidate[];
  /** The language of the app, recognised by the command that starts it; null if unknown. */
  readonly language: Framework | null;
  readonly signal: AbortSignal;
}

export interface LearnWorld {
  readonly sender: Sender;
  send(request: CheckRequest): Promise<SendResult>;
  /** A GET of a page that does not exist: an error page may name the framework. */
  fetchErrorPage(): Promise<SendResult>;
}

/** The facts, and the event after which the app ended, if it did. */
export interface Learnt {
  readonly facts: Facts;
  readonly diedAfter: string | null;
}

/** How long to wait for the end of an app that fails after its answer, ms. */
const AFTERMATH_MS = 150;

/**
 * Sends every event in its plain form, and a forged one. For a plain event that is refused, variants are
 * sent to find out why. UNREACHABLE if nothing answers.
 */
export async function learnFacts(options: LearnOptions, world: LearnWorld): Promise<Learnt> {
  const { signal, secret } = options;
  const make = createRequestMaker('usual', options);
  const forged = await world.send(make.tampered('signature'));
  signal.throwIfAborted();
  const answers = new Map<EventType, SendResult>();
  for (const event of EVENT_TYPES) {
    const answer = await world.send(make.genuine(event));
    signal.throwIfAborted();
    answers.set(event, answer);
    if (answer.status === null && !(await isListening(options.url, signal))) break;
  }
  const all = [forged, ...answers.values()];
  if (all.every(({ status }) => status === null)) throw await unreachable(options, forged);
  const usual = Object.fromEntries(
    EVENT_TYPES.map((event) => [event, answers.get(event)?.status ?? null]),
  ) as Facts['usual'];
  const framework = await recognise(all, options, world);
  const base = { usual, refusals: {}, forgedStatus: forged.status, framework, secret };
  const diedAfter = await findDeath(answers, options);
  if (diedAfter !== null) return { facts: base, diedAfter };
  const refusals = await explainRefusals(base, answers, make, options, world);
  return { facts: { ...base, refusals }, diedAfter: null };
}

async function unreachable(
  { url, signal }: LearnOptions,
  { error }: SendResult,
): Promise<RelyableError> {
  const hint = (await isListening(url, signal))
    ? 'something listens there: is it your app, and what does its log say?'
    : 'start your app first, or let this command start it: … -- <command>. If it was running, its log says why it ended';
  return new RelyableError('UNREACHABLE', `${url.href}: expected an answer, ${error ?? ''}`, {
    hint,
  });
}

async function recognise(
  answers: readonly SendResult[],
  { language }: LearnOptions,
  world: LearnWorld,
): Promise<Framework | null> {
  const framework = detectFramework(answers) ?? detectFramework([await world.fetchErrorPage()]);
  return framework ?? language;
}

/** The last event that was answered before the app ended; null where it still listens. */
async function findDeath(
  answers: ReadonlyMap<EventType, SendResult>,
  { url, signal }: LearnOptions,
): Promise<string | null> {
  const answered = [...answers].filter(([, { status }]) => status !== null);
  const last = answered.at(-1);
  if (last === undefined) return null;
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  if (await isListening(url, signal)) return null;
  const [event, { status }] = last;
  return `your app ended after it had answered ${event} with ${status ?? ''}`;
}

async function explainRefusals(
  facts: Facts,
  answers: ReadonlyMap<EventType, SendResult>,
  make: RequestMaker,
  options: LearnOptions,
  world: LearnWorld,
): Promise<Facts['refusals']> {
  const refusals: Partial<Record<EventType, Refusal>> = {};
  for (const event of EVENT_TYPES) {
    const status = facts.usual[event];
    if (status === null || is2xx(status)) continue;
    const refusal =
      explainByStatus(facts, status, answers.get(event)) ??
      (await findMistake(event, facts, make, options, world));
    options.signal.throwIfAborted();
    refusals[event] = refusal;
  }
  return refusals;
}

/** The refusal that the statuses alone explain; null if variants have to be sent. */
function explainByStatus(
  facts: Facts,
  status: number,
  answer: SendResult | undefined,
): Refusal | null {
  const { usual, forgedStatus } = facts;
  const statuses = [...Object.values(usual), forgedStatus];
  if (status >= 300 && status < 400) return { topic: 'redirect', proof: '' };
  if ((status === 404 || status === 405) && statuses.every((other) => other === status)) {
    return { topic: 'no-route', proof: ', as every request does' };
  }
  if (status >= 500) return explainCrash(answer);
  if (isSignatureRefusal(status, facts)) return null;
  const isAnyAccepted = Object.values(usual).some((other) => other !== null && is2xx(other));
  return isAnyAccepted
    ? { topic: 'event-refused', proof: ', as the plain event does' }
    : { topic: 'genuine-refused', proof: ', as every genuine event does' };
}

/** Sends the event in other forms and under other signatures, until the handler accepts one. */
async function findMistake(
  event: EventType,
  facts: Facts,
  make: RequestMaker,
  { known }: LearnOptions,
  world: LearnWorld,
): Promise<Refusal> {
  const isAccepted = async (request: CheckRequest): Promise<boolean> => {
    const { status } = await world.send(request);
    return status !== null && is2xx(status);
  };
  for (const wire of WIRE_FORMATS.filter((name) => name !== 'compact')) {
    if (await isAccepted(make.genuine(event, { wire }))) {
      return { topic: 'reserialised', proof: ` to the compact form; the ${wire} form is accepted` };
    }
  }
  const mistakes = listSigningMistakes(known);
  for (const { sent, signature, ...mistake } of mistakes) {
    const signatures = (context: SigningContext): string[] => [signature(context)];
    const request = make.forged({ label: sent, sample: event, signatures });
    if (await isAccepted(request)) return { ...mistake, proof: `; ${sent} is accepted` };
  }
  const tried = WIRE_FORMATS.length - 1 + mistakes.length;
  const accepted = Object.entries(facts.usual).find(
    ([, status]) => status !== null && is2xx(status),
  );
  return accepted === undefined
    ? { topic: 'genuine-refused', proof: `, and to ${tried} variants` }
    : { topic: 'event-refused', proof: `, while ${accepted[0]} is accepted` };
}
