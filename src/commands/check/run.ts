import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { HeaderPair } from '../../request/request.ts';
import { quotePosix, quotePosixIfNeeded } from '../../shell-quote.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { splitCommand, startManagedApp } from '../kit/managed-app.ts';
import { BATTERY } from './battery.ts';
import type { Severity } from './check-case.ts';
import { languageOf } from './framework.ts';
import { type CheckOptions, DEFAULT_SETTLE_MS, DEFAULT_TIMEOUT_MS } from './options.ts';
import { Outputs } from './outputs.ts';
import { type BatteryOptions, type CaseResult, isAtLeast, runBattery } from './run-battery.ts';
import { readBatteryOptions, readCases, readUrl, refuseListener } from './settings.ts';
import { summarise } from './summary.ts';
import { caseView } from './view/case.ts';
import { checkToJson } from './view/json.ts';
import type { CheckReport } from './view/report.ts';

/** Runs the battery against a handler and writes the reports. */
export async function run(invocation: Invocation<CheckOptions>): Promise<number> {
  const { options, terminal } = invocation;
  if (options.list) return listCases(invocation);
  const cases = readCases(options);
  const outputs = new Outputs(invocation);
  const { operands, command } = splitCommand(invocation);
  if (operands.length > 1) {
    throw new RelyableError('USAGE', `expected one URL, got also "${operands[1] ?? ''}"`, {
      hint: 'write the command that starts your app after --',
    });
  }
  const config = await readConfig(invocation);
  const url = readUrl(invocation, config, operands[0]);
  const secrets = config.secrets();
  const secret = secrets.chosen[0].value;
  const battery = readBatteryOptions(invocation, {
    url,
    cases,
    secret,
    known: secrets.known,
    language: languageOf(command),
  });
  announceSecrets(invocation, secrets);
  const startTimeoutMs = options.startTimeout;
  const app = await startManagedApp(invocation, { command, target: url, secret, startTimeoutMs });
  if (typeof app === 'number') return app;
  try {
    await refuseListener(invocation, url);
    terminal.info(terminal.errorStyle.dim(`${cases.length} checks against ${url.href}`));
    const report = await runAll(invocation, battery, outputs, command);
    outputs.write(report);
    return exitCodeFor(report, options.failOn);
  } finally {
    await app.stop();
  }
}

function listCases({ terminal }: Invocation<CheckOptions>): number {
  const idWidth = Math.max(...BATTERY.map(({ id }) => id.length));
  for (const item of BATTERY) terminal.show(caseView(item, idWidth));
  return EXIT_SUCCESS;
}

function exitCodeFor(report: CheckReport, failOn: Severity): number {
  const hasFailed = report.results.some(
    ({ finding }) => finding !== null && isAtLeast(finding.severity, failOn),
  );
  return hasFailed ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

async function runAll(
  invocation: Invocation<CheckOptions>,
  battery: BatteryOptions,
  { streamsJson }: Outputs,
  command: readonly string[] | null,
): Promise<CheckReport> {
  const { context, options, terminal } = invocation;
  const startedAt = context.elapsed();
  const results: CaseResult[] = [];
  let framework: CheckReport['framework'] = null;
  const head = {
    url: battery.url.href,
    seed: battery.seed,
    repeatOptions: repeatOptions(invocation, command),
    failOn: options.failOn,
  };
  for await (const event of runBattery(battery)) {
    if (event.type === 'start') {
      ({ framework } = event);
    } else {
      results.push(event.result);
      if (streamsJson) terminal.json(checkToJson(head, event.result));
    }
  }
  const durationMs = context.elapsed() - startedAt;
  return { ...head, framework, results, summary: summarise(results), durationMs };
}

/**
 * The arguments, besides the case's id, of the command that repeats a case: the options that change the
 * requests or the target, and the command that starts the app. Secrets, and headers that may contain one,
 * are written as shell variables.
 */
function repeatOptions(
  { globals, options }: Pick<Invocation<CheckOptions>, 'globals' | 'options'>,
  command: readonly string[] | null,
): string[] {
  const { cacert, stateUrl, stateCommand, timeout, settle } = options;
  const given = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name} ${quotePosixIfNeeded(value)}`];
  const hasState = stateUrl !== undefined || stateCommand !== undefined;
  return [
    ...given('--config', globals.config),
    ...given('--profile', globals.profile),
    ...(options.allowRemote ? ['--allow-remote'] : []),
    ...(options.insecure ? ['--insecure'] : []),
    ...given('--cacert', cacert),
    ...options.header.map(repeatHeader),
    ...(timeout === DEFAULT_TIMEOUT_MS ? [] : [`--timeout ${timeout}ms`]),
    ...(options.secret.length > 0 ? ['--secret "$RELYABLE_WEBHOOK_SECRET"'] : []),
    ...options.secretFile.flatMap((file) => given('--secret-file', file)),
    ...given('--state-url', stateUrl?.href),
    ...given('--state-command', stateCommand),
    ...(hasState && settle !== DEFAULT_SETTLE_MS ? [`--settle ${settle}ms`] : []),
    ...(command === null ? [] : [`-- ${command.map(quotePosixIfNeeded).join(' ')}`]),
  ];
}

/** Names of headers whose values are credentials. */
const CREDENTIAL = /authorization|cookie|token|secret|key|password/i;

function repeatHeader([name, value]: HeaderPair): string {
  if (!CREDENTIAL.test(name)) return `-H ${quotePosix(`${name}: ${value}`)}`;
  return `-H "${name}: $${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}"`;
}
