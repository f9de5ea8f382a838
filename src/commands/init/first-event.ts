import { errorMessage, EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { DEVELOPMENT_SECRET_SOURCE } from '../../config/secrets.ts';
import type { Invocation } from '../../invocation.ts';
import { DASHBOARD_URL } from '../../relyable/addresses.ts';
import { safeText } from '../../terminal/safe-text.ts';
import { hasBrowser } from '../kit/browser.ts';
import { startChildApp } from '../kit/child-app.ts';
import { interruptedCode, whenAborted } from '../kit/invocation-config.ts';
import { type FirstEventResult, FirstEventSteps, type ListenLine } from './first-event-steps.ts';
import type { InitOptions } from './options.ts';
import type { Plan } from './plan.ts';

/** A step that takes longer gets a hint about what may be wrong, ms. */
const HINT_AFTER_MS = 60_000;
/** How long the listener may take to end, ms. */
const GRACE_MS = 6000;

export interface FirstEventOutcome {
  readonly code: number;
  /** null where it was interrupted. */
  readonly result: FirstEventResult | null;
}

/**
 * Runs a listener with a public address as a process of its own, and leads from step to step until an
 * event of Relyable was verified. UNREACHABLE or NOT_FOUND, with the listener's words, where it ends.
 */
export async function receiveFirstEvent(
  invocation: Invocation<InitOptions>,
  plan: Plan,
): Promise<FirstEventOutcome> {
  const { context, terminal } = invocation;
  const steps = new FirstEventSteps({ ...plan, developmentSource: DEVELOPMENT_SECRET_SOURCE });
  let failure: ListenLine | null = null;
  let isVerified: () => void = () => undefined;
  const verified = new Promise<void>((done) => (isVerified = done));
  const watch = new StepWatch(invocation, steps);
  terminal.info('opening a public address; this takes a few seconds');
  const app = await startChildApp(
    {
      command: listenCommand(invocation),
      cwd: context.cwd,
      env: context.env,
      onLine: (text) => {
        const line = parseLine(text);
        if (line?.type === 'error') failure = line;
        if (line === null) return;
        const before = steps.step;
        for (const said of steps.take(line)) terminal.info(safeText(said));
        if (line.type === 'ready') openDashboard(invocation);
        if (steps.step !== before) watch.restart();
        if (steps.result !== null) isVerified();
      },
    },
    context,
  );
  watch.restart();
  try {
    const ended = app.exited.then(() => 'ended' as const);
    const end = await Promise.race([verified, whenAborted(context.interrupt), ended]);
    if (end === 'ended') throw toError(failure);
    const code = steps.result === null ? interruptedCode(context) : EXIT_SUCCESS;
    return {
      code: steps.result?.status === 200 || code !== 0 ? code : EXIT_CHECK_FAILED,
      result: steps.result,
    };
  } finally {
    watch.stop();
    await app.stop('SIGINT', GRACE_MS);
  }
}

function listenCommand({
  context,
  globals,
  options,
}: Invocation<InitOptions>): [string, ...string[]] {
  return [
    context.nodeFile,
    context.programFile,
    'webhooks',
    'listen',
    '--json',
    ...(globals.config === undefined ? [] : [`--config=${globals.config}`]),
    ...(globals.profile === undefined ? [] : [`--profile=${globals.profile}`]),
    ...(options.publicUrl === undefined ? [] : [`--public-url=${options.publicUrl}`]),
    ...(options.publicUrl !== undefined && options.tunnel === undefined
      ? []
      : [`--tunnel=${options.tunnel ?? 'auto'}`]),
  ];
}

function parseLine(text: string): ListenLine | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? line : null;
  } catch {
    // A warning of the listener; the steps say the same in their own words.
    return null;
  }
}

function toError(failure: ListenLine | null): RelyableError {
  const { message = 'the listener ended', hint, exitCode } = failure ?? {};
  const code = exitCode === 3 ? 'NOT_AUTHENTICATED' : exitCode === 2 ? 'NOT_FOUND' : 'UNREACHABLE';
  return new RelyableError(code, message, hint === undefined ? {} : { hint });
}

function openDashboard({ context, terminal }: Invocation<InitOptions>): void {
  if (!terminal.mayPrompt || !hasBrowser(context)) return;
  context.openUrl(DASHBOARD_URL).catch((error: unknown) => {
    terminal.warn(`the browser did not start (${errorMessage(error)}): ${DASHBOARD_URL}`);
  });
}

/** Gives a hint, once for each step, when a step takes long. */
class StepWatch {
  private readonly invocation: Invocation<InitOptions>;
  private readonly steps: FirstEventSteps;
  private waiting = new AbortController();

  constructor(invocation: Invocation<InitOptions>, steps: FirstEventSteps) {
    this.invocation = invocation;
    this.steps = steps;
  }

  /** The time starts again. */
  restart(): void {
    const { context, terminal } = this.invocation;
    this.stop();
    this.waiting = new AbortController();
    context.sleep(HINT_AFTER_MS, this.waiting.signal).then(
      () => terminal.info(`${terminal.errorStyle.yellow('!')} ${safeText(this.steps.hint())}`),
      () => undefined,
    );
  }

  stop(): void {
    this.waiting.abort();
  }
}
