import { createSender, type Sender } from '../../http/client/send.ts';
import { isLoopback } from '../../http/loopback.ts';
import type { Invocation } from '../../invocation.ts';
import { markProbe } from '../../request/probe-mark.ts';
import { quotePosixIfNeeded } from '../../shell-quote.ts';
import { withSignature } from '../../signature/tamper.ts';
import { crashCauseOf } from '../kit/crash-cause.ts';
import type { ListenerIdentity } from '../kit/identify-listener.ts';
import { type Attempt, type TriggerRequest, toOutgoing } from './deliver.ts';
import type { TriggerOptions } from './options.ts';
import type { TriggerPlan } from './plan.ts';
import { type HandlerDiagnosis, isWorthProbing, probeHandler } from './probe.ts';
import { askForListener } from './target.ts';

/** The time limit of a probe, ms. */
const PROBE_TIMEOUT_MS = 2000;

/** A refused event, and where the answers to its variants come from. */
interface Search {
  readonly invocation: Invocation<TriggerOptions>;
  readonly plan: TriggerPlan;
  readonly request: TriggerRequest;
  readonly sender: Sender;
  /** The status of the event. */
  readonly status: number;
}

/**
 * The cause that an answer itself shows; else probes the handler, if it is on this machine. If the target
 * is a listener of ours, the app behind it is probed. If that is not possible, the result says so and
 * names a command that finds the cause.
 */
export async function findCause(
  invocation: Invocation<TriggerOptions>,
  plan: TriggerPlan,
  request: TriggerRequest,
  { status, body }: Pick<Attempt, 'status' | 'body'>,
): Promise<HandlerDiagnosis | null> {
  const shown = status === null ? null : crashCauseOf(body);
  if (shown !== null) return { probes: [], cause: shown.what, fix: shown.fix };
  const { interrupt: signal } = invocation.context;
  const { to } = plan.request;
  if (!isLoopback(to) || !isWorthProbing(status) || signal.aborted) return null;
  const sender = createSender({ timeoutMs: PROBE_TIMEOUT_MS, tls: plan.tls, signal });
  const search = { invocation, plan, request, sender, status };
  try {
    const listener = await askForListener(invocation, to, request.payload.event);
    return listener === null ? await probeAt(search, to) : await probeBehind(search, listener);
  } finally {
    sender.close();
  }
}

function probeAt(
  { invocation, plan, request, sender, status }: Search,
  to: URL,
): Promise<HandlerDiagnosis> {
  const { secrets } = plan;
  return probeHandler({
    to,
    payload: request.payload,
    status,
    secret: secrets.chosen[0],
    known: secrets.known,
    userAgent: plan.request.userAgent,
    outgoing: (signed) => toOutgoing(signed, { ...plan.request, to }),
    sender,
    signal: invocation.context.interrupt,
  });
}

async function probeBehind(search: Search, listener: ListenerIdentity): Promise<HandlerDiagnosis> {
  const { app } = listener;
  const { status, plan } = search;
  const via = `the listener at ${plan.request.to.origin}`;
  const undecided = (why: string, fix: string): HandlerDiagnosis => ({
    probes: [],
    cause: `unknown: ${why}`,
    fix,
  });
  if (app === null) {
    const why = listener.namesTarget
      ? `${via} forwards to no app, and answered itself`
      : `${via} does not tell which app is behind it`;
    return undecided(why, 'relyable webhooks check <url of your app> finds out');
  }
  const command = `relyable webhooks check ${quotePosixIfNeeded(app.href)}`;
  if (!isLoopback(app)) {
    const why = `the app behind ${via}, ${app.href}, is not on this machine`;
    return undecided(why, `${command} --allow-remote finds out`);
  }
  const direct = await sendDirectly(search, app);
  const answered = direct === null ? 'does not answer' : `answers ${direct}`;
  if (isWorthProbing(direct)) {
    const diagnosis = await probeAt({ ...search, status: direct }, app);
    return {
      ...diagnosis,
      probes: [{ sent: 'the event itself', status: direct }, ...diagnosis.probes],
      to: app.href,
    };
  }
  const probes = [{ sent: 'the event itself', status: direct }];
  if (direct === 200 && (status === 401 || status === 403)) {
    return {
      probes,
      to: app.href,
      cause: `${via} answered ${status}, and the app behind it ${answered} to the same event: the listener refuses the signature`,
      fix: `give the listener the secret that trigger signed with: ${plan.secrets.chosen[0].source}`,
    };
  }
  return {
    probes,
    to: app.href,
    cause: `unknown: ${via} answered ${status}, and the app behind it ${answered}`,
    fix: `${command} finds out`,
  };
}

/** The status of the same event, sent to the app itself. */
async function sendDirectly({ request, plan, sender }: Search, app: URL): Promise<number | null> {
  const userAgent = markProbe(plan.request.userAgent);
  const signed = withSignature(request.payload.body, request.signature, userAgent);
  const { status } = await sender.send(toOutgoing(signed, { ...plan.request, to: app }));
  return status;
}
