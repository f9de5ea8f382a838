import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';
import type { DoctorOptions } from './options.ts';
import { findSubject } from './subject.ts';
import { findingView, verdictView } from './view.ts';

/** Examines what webhooks depend on here; 1 where something is broken. */
export async function run(invocation: Invocation<DoctorOptions>): Promise<number> {
  const { context, terminal } = invocation;
  const findings: Finding[] = [];
  for await (const finding of examine(await findSubject(invocation))) {
    context.interrupt.throwIfAborted();
    findings.push(finding);
    terminal.show(findingView(finding));
  }
  const isBroken = findings.some(({ level }) => level === 'failure');
  terminal.show(verdictView(findings, !isBroken));
  return isBroken ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}
