import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_UNREACHABLE, EXIT_SUCCESS } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { createSender, type Sender } from '../../http/client/send.ts';
import { isLoopback } from '../../http/loopback.ts';
import { formatDuration } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import {
  formatAttempt,
  formatEventList,
  formatFinding,
  type TriggerOutcome,
  triggerToJson,
} from './view.ts';
import { adviseOn } from './advice.ts';
import { createRequest, deliver, toOutgoing, type TriggerRequest } from './deliver.ts';
import type { Finding } from './probe.ts';
import { interruptedCode } from '../kit/invocation-config.ts';
import { runLoad } from './run-load.ts';
import { readTriggerOptions } from './settings.ts';
import { makePlan, type TriggerPlan } from './plan.ts';
import { printRequests } from './print.ts';

/** A probe that takes longer than this tells nothing. */
const PROBE_TIMEOUT_MS = 2000;

export async function run(invocation: Invocation<TriggerFlags>): Promise<number> {
  const { terminal, flags } = invocation;
  if (flags.list === true) return listEvents(invocation);
  const options = readTriggerOptions(flags, terminal.isJson);
  const plan = await makePlan(invocation, options);
  if (options.print !== null) {
    const requests = Array.from({ length: plan.count }, (_, index) =>
      createRequest(plan.payloadOf(index), plan.request),
    );
    return printRequests(invocation, options.print, requests);
  }
  if (options.load !== null) return runLoad(invocation, plan, options.load);
  return sendEach(invocation, plan);
}

async function listEvents({ terminal }: Invocation<TriggerFlags>): Promise<number> {
  const { listEventFields } = await import('../../relyable/event-fields.ts');
  const events = listEventFields();
  if (terminal.isJson) {
    for (const { event, fields } of events) terminal.json({ type: 'event', v: 1, event, fields });
  } else {
    terminal.data(formatEventList(events, terminal.style));
  }
  return EXIT_SUCCESS;
}

async function sendEach(invocation: Invocation<TriggerFlags>, plan: TriggerPlan): Promise<number> {
  const { context, terminal } = invocation;
  const { timeoutMs, tls } = plan;
  const sender = createSender({ timeoutMs, tls, signal: context.interrupt });
  const outcomes: TriggerOutcome[] = [];
  let lastHint: string | null = null;
  try {
    for (let index = 0; index < plan.count && !context.interrupt.aborted; index++) {
      // One cause explains them all; no need to search four times.
      const mayProbe = outcomes.every(({ finding }) => finding === null);
      const outcome = await sendOne(invocation, plan, sender, { index, mayProbe });
      outcomes.push(outcome);
      if (terminal.isJson) terminal.json(triggerToJson(outcome));
      else if (outcome.finding !== null) {
        terminal.data(formatFinding(outcome.finding, terminal.style));
      }
      // The same advice four times is noise.
      const isNew = outcome.hint !== null && outcome.hint !== lastHint;
      if (!terminal.isJson && isNew && outcome.finding === null) {
        terminal.info(`${terminal.errorStyle.yellow('hint:')} ${safeLine(outcome.hint ?? '')}`);
      }
      lastHint = outcome.hint;
    }
  } finally {
    sender.close();
  }
  if (context.interrupt.aborted) return interruptedCode(context);
  return exitCodeOf(outcomes);
}

async function sendOne(
  invocation: Invocation<TriggerFlags>,
  plan: TriggerPlan,
  sender: Sender,
  { index, mayProbe }: { readonly index: number; readonly mayProbe: boolean },
): Promise<TriggerOutcome> {
  const { context, terminal } = invocation;
  const request = createRequest(plan.payloadOf(index), plan.request);
  const isExpected = (status: number | null): boolean =>
    status !== null && plan.expected.includes(status);
  const attempts = await deliver(request, plan.schedule, {
    sender,
    now: () => context.now(),
    sleep: (ms, signal) => context.sleep(ms, signal),
    signal: context.interrupt,
    onAttempt: (attempt) => {
      if (terminal.isJson) return;
      terminal.data(formatAttempt(request, attempt, isExpected(attempt.status), terminal.style));
    },
    onWaiting: ({ waitMs, next }) => {
      const text = `waiting ${formatDuration(waitMs)} for attempt ${next} (--speed instant does not wait)`;
      if (waitMs >= 1000) terminal.info(terminal.errorStyle.dim(text));
    },
  });
  const last = attempts.at(-1);
  const isDelivered = isExpected(last?.status ?? null);
  const finding =
    isDelivered || !mayProbe
      ? null
      : await findCause(invocation, plan, request, last?.status ?? null);
  const { expected } = plan;
  const { to, tamper } = plan.request;
  const advice =
    last === undefined || context.interrupt.aborted
      ? null
      : adviseOn(last, { to, tamper, expected });
  return { request, attempts, isDelivered, hint: advice ?? finding?.fix ?? null, finding };
}

/** Tries what the handler probably did; only a plain event to this machine is sent again. */
async function findCause(
  { context, flags }: Invocation<TriggerFlags>,
  plan: TriggerPlan,
  request: TriggerRequest,
  status: number | null,
): Promise<Finding | null> {
  const { options, secrets, tls } = plan;
  const isPlain =
    options.tamper === undefined &&
    options.expectStatus === undefined &&
    flags.retry !== true &&
    options.duplicates === 0;
  if (!flags.probe || !isPlain || !isLoopback(plan.request.to)) return null;
  const { isPuzzling, probeHandler } = await import('./probe.ts');
  if (!isPuzzling(status) || context.interrupt.aborted) return null;
  const sender = createSender({ timeoutMs: PROBE_TIMEOUT_MS, tls, signal: context.interrupt });
  try {
    return await probeHandler({
      payload: request.payload,
      status,
      secret: secrets.chosen[0],
      known: secrets.known,
      userAgent: plan.request.userAgent,
      outgoing: (signed) => toOutgoing(signed, plan.request),
      sender,
      signal: context.interrupt,
    });
  } finally {
    sender.close();
  }
}

/** 0 when every event got the expected answer, 4 when one got none, else 1. */
function exitCodeOf(outcomes: readonly TriggerOutcome[]): number {
  if (outcomes.every(({ isDelivered }) => isDelivered)) return EXIT_SUCCESS;
  const isSilent = outcomes.some(({ attempts }) => attempts.at(-1)?.status === null);
  return isSilent ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}
