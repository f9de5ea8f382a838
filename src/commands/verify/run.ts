import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREADABLE, RelyableError } from '../../errors.ts';
import { envFileSecrets } from '../../config/env-file-secrets.ts';
import { SECRET_ENV_NAME } from '../../config/secrets.ts';
import { REDACTED_SECRET } from '../../request/export/test-file.ts';
import type { Effort } from '../../signature/diagnosis/budget.ts';
import {
  isJudged,
  type SecretCandidate,
  type Verification,
  verifyRequest,
} from '../../signature/verify.ts';
import { formatJunit } from '../../terminal/junit.ts';
import { PacedOutput } from '../../terminal/paced-output.ts';
import { safeText } from '../../terminal/safe-text.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { InputProblems } from '../kit/input-problems.ts';
import { prepareOutput, writeOutput } from '../kit/output-file.ts';
import { describeSource, findRequests, type LocatedRequest } from '../kit/request-inputs.ts';
import { verifyLargeBody } from './large-body.ts';
import type { VerifyOptions } from './options.ts';
import {
  type ShownExplanation,
  totalsView,
  type VerificationTotals,
  verificationsToJunit,
  verificationView,
  type VerifiedRequest,
} from './view.ts';

/** Number of unexplained requests after which the search for a cause is kept short. */
const FULL_SEARCHES = 20;

/** Judges every request that the operands name. */
export async function run(invocation: Invocation<VerifyOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const config = await readConfig(invocation);
  prepareOutput(invocation.context, options.junit, '--junit');
  const problems = new InputProblems();
  const requests = findRequests(invocation, config, problems);
  const secrets = config.secrets();
  const candidates = [
    ...secrets.chosen,
    ...secrets.known,
    ...envFileSecrets(context, SECRET_ENV_NAME),
    REDACTED_SECRET,
  ];
  const report: VerifiedRequest[] | undefined = options.junit === undefined ? undefined : [];
  const tally = new VerificationTally();
  const output = new PacedOutput(context, terminal);
  const note = (text: string): void => {
    output.flush();
    terminal.info(`note: ${text}`);
  };
  const add = (verified: VerifiedRequest, explanation: ShownExplanation | null): void => {
    if (tally.total === 0) announceSecrets(invocation, secrets);
    tally.add(verified.verification);
    report?.push(verified);
    output.show(verificationView(verified, explanation));
  };
  const large = await verifyLargeBody(context, invocation.args, options, candidates);
  if (large !== null) add(large, null);
  try {
    for await (const located of large === null ? requests : []) {
      const { source, index, isOneOfMany, event, found } = located;
      const { effort } = tally;
      const { verification, explanation } = options.explain
        ? await explain(located, candidates, effort)
        : (verify(located, candidates) ?? (await findCause(located, candidates, effort)));
      const verified: VerifiedRequest = { source, index, isOneOfMany, event, verification };
      add(verified, explanation);
      if (found.note !== null) note(`${describeSource(verified)}: ${safeText(found.note)}`);
      if (tally.effort !== effort) {
        note(
          `nothing explains ${FULL_SEARCHES} of these requests. The rest get a shorter search; name one alone for the full search`,
        );
      }
      if (output.isDue) await output.taken();
      context.interrupt.throwIfAborted();
    }
  } finally {
    output.flush();
  }
  if (options.junit !== undefined && report !== undefined) {
    const suites = verificationsToJunit(report, problems.kept);
    writeOutput(context, options.junit, '--junit', formatJunit(suites));
  }
  if (tally.total === 0) {
    problems.throwIfAny('');
    throw new RelyableError('INPUT_UNREADABLE', 'expected at least one request, found none', {
      hint: 'relyable webhooks listen receives some; relyable webhooks verify --help names the inputs',
    });
  }
  const totals = { ...tally.totals(), unreadable: problems.count };
  terminal.show(totalsView(totals));
  if (options.explain && totals.invalid > 0) {
    const { recipesView } = await import('./explanation-view.ts');
    terminal.show(recipesView(options.framework));
  }
  problems.throwIfAny('the others are judged above');
  if (totals.invalid > 0) return EXIT_CHECK_FAILED;
  // A delivery whose signature was not recorded cannot be verified.
  return totals.unjudged > 0 ? EXIT_UNREADABLE : EXIT_SUCCESS;
}

/** A verdict, with its explanation if that was asked for. */
interface Judged {
  readonly verification: Verification;
  readonly explanation: ShownExplanation | null;
}

/** Null where a cause is to be found. */
function verify({ found }: LocatedRequest, secrets: readonly SecretCandidate[]): Judged | null {
  const verification = verifyRequest(found.request, secrets);
  return verification?.valid === true ? { verification, explanation: null } : null;
}

/** The search is loaded by the first request that needs it: most runs have none. */
async function findCause(
  located: LocatedRequest,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): Promise<Judged> {
  const { judge } = await import('./judge.ts');
  return { verification: judge(located, secrets, effort).verification, explanation: null };
}

async function explain(
  located: LocatedRequest,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): Promise<Judged> {
  const { judge } = await import('./judge.ts');
  const { showExplanation } = await import('./explanation-view.ts');
  const explanation = judge(located, secrets, effort);
  return { verification: explanation.verification, explanation: showExplanation(explanation) };
}

/** Counts of judged requests, and how much effort the next one is worth. */
class VerificationTally {
  private valid = 0;
  private invalid = 0;
  private unjudged = 0;
  private unexplained = 0;

  add(verification: Verification): void {
    const { valid, reason } = verification;
    if (valid) this.valid += 1;
    else if (isJudged(verification)) this.invalid += 1;
    else this.unjudged += 1;
    if (reason === 'secret_wrong_or_body_changed') this.unexplained += 1;
  }

  get effort(): Effort {
    return this.unexplained < FULL_SEARCHES ? 'full' : 'quick';
  }

  get total(): number {
    return this.valid + this.invalid + this.unjudged;
  }

  totals(): Omit<VerificationTotals, 'unreadable'> {
    const { total, valid, invalid, unjudged } = this;
    return { total, valid, invalid, unjudged };
  }
}
