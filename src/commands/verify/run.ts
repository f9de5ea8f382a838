import type { Invocation } from '../../invocation.ts';
import { announceSecrets, loadLayers } from '../kit/invocation-config.ts';
import { writeOutput } from '../kit/output-file.ts';
import { findRequests } from '../kit/request-inputs.ts';
import { nearest } from '../../config/nearest.ts';
import { resolveSecrets } from '../../config/secrets.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { VerifyFlags } from './options.ts';
import { explanationToJson, formatExplanation, formatRecipes } from './explanation-view.ts';
import { formatJunit } from '../../terminal/junit.ts';
import { type FrameworkName, isFrameworkName, RECIPES } from '../kit/recipes.ts';
import { safeText } from '../../terminal/safe-text.ts';
import {
  describeSource,
  formatTotals,
  formatVerification,
  verificationsToJunit,
  verificationToJson,
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

export async function run(invocation: Invocation<VerifyFlags>): Promise<number> {
  const { context, terminal, flags } = invocation;
  const layers = await loadLayers(invocation);
  const framework = readFramework(flags);
  const requests = findRequests(invocation, layers);
  const secrets = resolveSecrets(context, layers, flags);
  const candidates = [...secrets.chosen, ...secrets.known, REDACTED];

  const report: VerifiedRequest[] | undefined = flags.junit === undefined ? undefined : [];
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
    totals[verified.verification.valid ? 'valid' : 'invalid'] += 1;
    report?.push(verified);
    if (terminal.isJson) {
      const steps = flags.explain === true ? { explanation: explanationToJson(explanation) } : {};
      terminal.json({ ...verificationToJson(verified), ...steps });
    } else {
      terminal.data(formatVerification(verified, terminal.style, terminal.columns));
      if (flags.explain === true) terminal.data(formatExplanation(terminal.style, explanation));
    }
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
  if (flags.junit !== undefined && report !== undefined) {
    writeOutput(context, flags.junit, '--junit', formatJunit(verificationsToJunit(report)));
  }
  if (terminal.isJson) terminal.json({ type: 'summary', v: 1, ...totals });
  else terminal.data(formatTotals(totals));
  if (flags.explain === true && !terminal.isJson && totals.invalid > 0) {
    terminal.data(`\n${formatRecipes(terminal.style, framework)}`);
  }
  return totals.invalid === 0 ? EXIT_SUCCESS : EXIT_CHECK_FAILED;
}

/** `--framework`; null for all of them. */
function readFramework({ framework }: VerifyFlags): FrameworkName | null {
  if (framework === undefined) return null;
  if (isFrameworkName(framework)) return framework;
  const names = Object.keys(RECIPES);
  const guess = nearest(framework, names);
  throw new RelyableError('USAGE', `--framework: expected a known name, got "${framework}"`, {
    hint: guess === undefined ? `one of ${names.join(', ')}` : `did you mean ${guess}?`,
  });
}
