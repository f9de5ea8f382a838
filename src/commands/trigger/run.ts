import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE } from '../../errors.ts';
import { changeAnswers, createSender, type Sender } from '../../http/client/send.ts';
import type { Invocation } from '../../invocation.ts';
import { interruptedCode } from '../kit/invocation-config.ts';
import { adviseOn } from './advice.ts';
import { type Attempt, createRequest, deliver } from './deliver.ts';
import type { findCause as FindCause } from './find-cause.ts';
import type { TriggerOptions } from './options.ts';
import { makePlan, type TriggerPlan } from './plan.ts';
import { printFormOf, printRequests } from './print.ts';
import type { HandlerDiagnosis } from './probe.ts';
import { runLoad } from './run-load.ts';
import {
  attemptView,
  eventListViews,
  formatWait,
  hintView,
  outcomeView,
  type TriggerOutcome,
} from './view.ts';

/** Sends signed sample events, or prints them. */
export async function run(invocation: Invocation<TriggerOptions>): Promise<number> {
  const { options, terminal } = invocation;
  if (options.list) return listEvents(invocation);
  const form = printFormOf(options, terminal);
  const plan = await makePlan(invocation, form === null);
  if (form !== null) return printRequests(invocation, form, plan);
  const isLoad = options.count !== undefined || options.duration !== undefined;
  return isLoad ? runLoad(invocation, plan) : sendEach(invocation, plan);
}

async function listEvents({ terminal }: Invocation<TriggerOptions>): Promise<number> {
  // zod, which knows the fields, is loaded only here.
  const { listEventFields } = await import('../../relyable/event-fields.ts');
  for (const view of eventListViews(listEventFields())) terminal.show(view);
  return EXIT_SUCCESS;
}

async function sendEach(
  invocation: Invocation<TriggerOptions>,
  plan: TriggerPlan,
): Promise<number> {
  const { context, terminal } = invocation;
  const { timeoutMs, tls } = plan;
  const sender = changeAnswers(
    createSender({ timeoutMs, tls, signal: context.interrupt }),
    plan.conceal,
  );
  const outcomes: TriggerOutcome[] = [];
  let lastHint: string | null = null;
  try {
    for (let index = 0; index < plan.count && !context.interrupt.aborted; index++) {
      // All events of one run have the same cause, so it is searched for once.
      const mayProbe = outcomes.every(({ diagnosis }) => diagnosis === null);
      const outcome = await sendOne(invocation, plan, sender, { index, mayProbe });
      outcomes.push(outcome);
      terminal.show(outcomeView(outcome));
      const { hint, diagnosis } = outcome;
      if (hint !== null && hint !== lastHint && diagnosis === null) terminal.note(hintView(hint));
      lastHint = hint;
    }
  } finally {
    sender.close();
  }
  if (context.interrupt.aborted) return interruptedCode(context);
  return exitCodeOf(outcomes);
}

async function sendOne(
  invocation: Invocation<TriggerOptions>,
  plan: TriggerPlan,
  sender: Sender,
  { index, mayProbe }: { readonly index: number; readonly mayProbe: boolean },
): Promise<TriggerOutcome> {
  const { context, terminal } = invocation;
  const { expected } = plan;
  const request = createRequest(plan.payloadOf(index), plan.request);
  const isExpected = ({ status }: Pick<Attempt, 'status'>): boolean =>
    status !== null && expected.includes(status);
  const attempts = await deliver(request, plan.schedule, {
    sender,
    now: context.now,
    sleep: context.sleep,
    signal: context.interrupt,
    onAttempt: (attempt) => terminal.show(attemptView(request, attempt, isExpected(attempt))),
    onWait: (wait) => {
      if (wait.waitMs >= 1000) terminal.info(terminal.errorStyle.dim(formatWait(wait)));
    },
  });
  const last = attempts.at(-1);
  const isDelivered = last !== undefined && isExpected(last);
  const diagnosis =
    isDelivered || last === undefined || !mayProbe || !isPlain(invocation.options)
      ? null
      : await explainRefusal(invocation, plan, request, last);
  const { to, tamper } = plan.request;
  const advice =
    last === undefined || context.interrupt.aborted
      ? null
      : adviseOn(last, { to, tamper, expected });
  return { request, attempts, isDelivered, hint: advice ?? diagnosis?.fix ?? null, diagnosis };
}

/** Only a plain event may be sent again in variants. */
function isPlain({ probe, tamper, expectStatus, retry, duplicate }: TriggerOptions): boolean {
  const isOne = tamper === undefined && expectStatus === undefined && duplicate === undefined;
  return probe && isOne && !retry;
}

/** Looks for the cause; what that needs is loaded only then. */
async function explainRefusal(
  ...search: Parameters<typeof FindCause>
): Promise<HandlerDiagnosis | null> {
  const { findCause } = await import('./find-cause.ts');
  return findCause(...search);
}

/** 0 if every event got the expected answer, 4 if one got no answer, else 1. */
function exitCodeOf(outcomes: readonly TriggerOutcome[]): number {
  if (outcomes.every(({ isDelivered }) => isDelivered)) return EXIT_SUCCESS;
  const isUnanswered = outcomes.some(({ attempts }) => attempts.at(-1)?.status === null);
  return isUnanswered ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}
