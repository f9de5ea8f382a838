import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import { isListening } from '../../http/client/reachability.ts';
import { isLoopback } from '../../http/loopback.ts';
import { createAsker, isYes } from '../kit/ask.ts';
import { examine } from './examine.ts';
import type { DoctorFinding } from './finding.ts';
import type { DoctorOptions } from './options.ts';
import { findSubject } from './subject.ts';
import { findingView, verdictView } from './view.ts';

/** Examines what webhooks depend on here; 1 where something is broken. */
export async function run(invocation: Invocation<DoctorOptions>): Promise<number> {
  const { context, terminal } = invocation;
  const findings: DoctorFinding[] = [];
  for await (const finding of examine(
    await findSubject(invocation, (target) => askToProbe(invocation, target)),
  )) {
    context.interrupt.throwIfAborted();
    findings.push(finding);
    terminal.show(findingView(finding));
  }
  const isBroken = findings.some(({ level }) => level === 'failure');
  terminal.show(verdictView(findings, !isBroken));
  return isBroken ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

/** Asks where it can, for an app on this machine that listens: the sample is an event to it. */
async function askToProbe(invocation: Invocation<DoctorOptions>, target: URL): Promise<boolean> {
  const { context, terminal } = invocation;
  if (!terminal.mayPrompt || terminal.isJson || !isLoopback(target)) return false;
  if (!(await isListening(target, context.interrupt))) return false;
  const asker = createAsker(invocation, 'relyable doctor --no-input asks nothing');
  try {
    const question = `Send a signed sample to ${target.href}? Your app handles it as an event. y or n`;
    const answer = await asker.ask(question, 'n', (typed) =>
      isYes(typed) === null ? `expected y or n, got "${typed}"` : undefined,
    );
    return isYes(answer) === true;
  } finally {
    asker.close();
  }
}
