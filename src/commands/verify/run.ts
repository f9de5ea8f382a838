import type { Invocation } from '../../invocation.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { writeOutput } from '../kit/output-file.ts';
import { findRequests } from '../kit/request-inputs.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { VerifyOptions } from './options.ts';
import { recipesView } from './explanation-view.ts';
import { formatJunit } from '../../terminal/junit.ts';
import { type FrameworkName, isFrameworkName, RECIPES } from '../kit/recipes.ts';
import { safeText } from '../../terminal/safe-text.ts';
import {
  describeSource,
  totalsView,
  verificationsToJunit,
  verificationView,
  type VerifiedRequest,
} from './view.ts';
import { explainRequest } from '../../signature/diagnosis/diagnosis.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import { TEST_SECRET } from '../../request/export/test-file.ts';

/** A redacted export is signed with a secret that everybody knows; it is recognised, not believed. */
const REDACTED: SecretCandidate = {
  source: 'the test secret of redacted exports',
  value: TEST_SECRET,
  role: 'known',
};

/** After so many requests that nothing explains, the search for a cause is kept short. */
const FULL_SEARCHES = 50;

export async function run(invocation: Invocation<VerifyOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const config = await readConfig(invocation);
  const framework = readFramework(options);
  const requests = findRequests(invocation, config.layers);
  const secrets = config.secrets();
  const candidates = [...secrets.chosen, ...secrets.known, REDACTED];

  const report: VerifiedRequest[] | undefined = options.junit === undefined ? undefined : [];
  const totals = { total: 0, valid: 0, invalid: 0 };
  let unexplained = 0;
  for await (const { request, note, ...place } of requests) {
    if (totals.total === 0) announceSecrets(invocation, secrets);
    const effort = unexplained < FULL_SEARCHES ? 'full' : 'quick';
    const explanation = explainRequest(request, candidates, { effort });
    const { verification } = explanation;
    const verified: VerifiedRequest = { ...place, verification };
    if (verification.reason === 'secret_wrong_or_body_changed') unexplained += 1;
    totals.total += 1;
    totals[verification.valid ? 'valid' : 'invalid'] += 1;
    report?.push(verified);
    terminal.show(verificationView(verified, options.explain ? explanation : null));
    if (note !== null) terminal.info(`note: ${describeSource(verified)}: ${safeText(note)}`);
    if (unexplained === FULL_SEARCHES && effort === 'full') {
      terminal.info(
        `note: nothing explains ${FULL_SEARCHES} of these; the rest is searched less deeply, and fully when it is named alone`,
      );
    }
    await terminal.taken();
    context.interrupt.throwIfAborted();
  }
  if (totals.total === 0) {
    throw new RelyableError('INPUT_UNREADABLE', 'expected at least one request, found none', {
      hint: 'relyable webhooks listen receives some; relyable webhooks verify --help names the inputs',
    });
  }
  if (options.junit !== undefined && report !== undefined) {
    writeOutput(context, options.junit, '--junit', formatJunit(verificationsToJunit(report)));
  }
  terminal.show(totalsView(totals));
  if (options.explain && totals.invalid > 0) terminal.show(recipesView(framework));
  return totals.invalid === 0 ? EXIT_SUCCESS : EXIT_CHECK_FAILED;
}

/** `--framework`; null for all of them. */
function readFramework({ framework }: VerifyOptions): FrameworkName | null {
  if (framework === undefined) return null;
  if (isFrameworkName(framework)) return framework;
  const names = Object.keys(RECIPES);
  throw new RelyableError('USAGE', `--framework: expected a known name, got "${framework}"`, {
    hint: didYouMean(framework, names) ?? `one of ${names.join(', ')}`,
  });
}
