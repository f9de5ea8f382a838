import type { Invocation } from '../../invocation.ts';
import { BATTERY, selectCases } from './battery.ts';
import type { CheckCase, Severity } from './check-case.ts';
import { SEVERITIES } from './check-case.ts';
import { type BatteryOptions, type CaseResult, isAtLeast, runBattery } from './run-battery.ts';
import { createStateReader, type StateSource } from './state.ts';
import { summarise } from './summary.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { resolveSecrets } from '../../config/secrets.ts';
import { pickSetting } from '../../config/settings.ts';
import {
  parseChoice,
  parseDuration,
  parseHeader,
  parseInteger,
  parseTargetUrl,
} from '../../config/values.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { CheckFlags } from './options.ts';
import { readTlsOptions } from '../../http/target.ts';
import { isLoopback } from '../../http/loopback.ts';
import { checkToJson } from './view/json.ts';
import type { CheckReport } from './view/report.ts';
import { quotePosix } from '../../shell-quote.ts';
import { VERSION } from '../../version.ts';
import { createOutputs, type Outputs } from './outputs.ts';
import { splitCommand, startAppBeside } from '../kit/managed-app.ts';
import { announceSecrets, loadLayers } from '../kit/invocation-config.ts';

export async function run(invocation: Invocation<CheckFlags>): Promise<number> {
  const { flags, terminal } = invocation;
  if (flags.list === true) return list(invocation);
  const failOn = parseChoice(flags.failOn, '--fail-on', SEVERITIES);
  const cases = selectCases(readSelection(flags));
  const outputs = createOutputs(invocation, failOn);
  const layers = await loadLayers(invocation);
  const { operands, command } = splitCommand(invocation);
  if (operands.length > 1) {
    throw new RelyableError('USAGE', `expected one URL, got also "${operands[1] ?? ''}"`, {
      hint: 'the command that starts your app stands behind --',
    });
  }
  const url = readUrl(invocation, layers, operands[0]);
  const secrets = resolveSecrets(invocation.context, layers, flags);
  const secret = secrets.chosen[0].value;
  const options = readOptions(invocation, { url, cases, secret, failOn });
  const startTimeoutMs = parseDuration(flags.startTimeout, '--start-timeout');
  announceSecrets(invocation, secrets);
  const app = await startAppBeside(invocation, { command, target: url, secret, startTimeoutMs });
  if (typeof app === 'number') return app;
  try {
    terminal.info(terminal.errorStyle.dim(`${cases.length} checks against ${url.href}`));
    const report = await runAll(invocation, options, outputs);
    outputs.write(report);
    return exitCodeFor(report, failOn);
  } finally {
    await app.stop();
  }
}

function exitCodeFor(report: CheckReport, failOn: Severity): number {
  const counts = report.results.some(
    ({ finding }) => finding !== null && isAtLeast(finding.severity, failOn),
  );
  return counts ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

async function runAll(
  { context, flags, terminal }: Invocation<CheckFlags>,
  options: BatteryOptions,
  { streamsJson }: Outputs,
): Promise<CheckReport> {
  const startedAt = context.elapsed();
  const results: CaseResult[] = [];
  let framework: CheckReport['framework'] = null;
  const head = {
    url: options.url.href,
    seed: options.seed,
    repeatFlags: repeatFlags(flags),
  };
  for await (const event of runBattery(options)) {
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

function list({ terminal }: Invocation<CheckFlags>): number {
  const width = Math.max(...BATTERY.map(({ id }) => id.length));
  for (const { id, section, severity, title } of BATTERY) {
    if (terminal.isJson) terminal.json({ type: 'case', v: 1, id, section, severity, title });
    else terminal.data(`${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}`);
  }
  return EXIT_SUCCESS;
}

function readSelection(flags: CheckFlags): Parameters<typeof selectCases>[0] {
  const isObserved = flags.stateUrl !== undefined || flags.stateCommand !== undefined;
  if (flags.idempotency === true && !isObserved) {
    throw new RelyableError('USAGE', '--idempotency: expected --state-url or --state-command', {
      hint: 'name something that changes with every event, e.g. --state-url 3000/state',
    });
  }
  const only = flags.idempotency === true ? ['idempotency', ...(flags.only ?? [])] : flags.only;
  return { only: only ?? [], skip: flags.skip ?? [], isObserved };
}

/** The handler: the operand, else the config's target; other machines only on demand. */
function readUrl(
  { context, flags }: Invocation<CheckFlags>,
  layers: readonly ConfigLayer[],
  operand: string | undefined,
): URL {
  const { value, origin } = pickSetting(context, layers, {
    flag: { name: 'url', value: operand },
    config: ({ forwardTo }) => forwardTo,
    fallback: '',
  });
  if (value === '') {
    const message = "expected your handler's URL: none is given, and no forwardTo in a config file";
    throw new RelyableError('USAGE', message, {
      hint: 'relyable webhooks check 3000/webhooks/relyable',
    });
  }
  const url = parseTargetUrl(value, origin);
  if (flags.allowRemote === true || isLoopback(url)) return url;
  throw new RelyableError('USAGE', `expected a handler on this machine, got ${url.host}`, {
    hint: 'the battery sends forged and malformed requests; --allow-remote sends them there too',
  });
}

function readOptions(
  { context, flags }: Invocation<CheckFlags>,
  subject: { url: URL; cases: readonly CheckCase[]; secret: string; failOn: Severity },
): BatteryOptions {
  const { url, cases, secret, failOn } = subject;
  const timeoutMs = parseDuration(flags.timeout, '--timeout');
  const source = readStateSource(flags);
  const settleMs = parseDuration(flags.settle, '--settle');
  const signal = context.interrupt;
  return {
    url,
    cases,
    secret,
    userAgent: `relyable-cli/${VERSION}`,
    seed:
      flags.seed === undefined
        ? context.randomBytes(4).readUInt32BE()
        : parseInteger(flags.seed, '--seed', 0, Number.MAX_SAFE_INTEGER),
    timeoutMs,
    tls: readTlsOptions(flags),
    headers: (flags.header ?? []).map((header) => parseHeader(header, '--header')),
    bail: flags.bail === true ? failOn : null,
    signal,
    readState:
      source === null ? null : createStateReader({ source, settleMs, timeoutMs, signal }, context),
  };
}

function readStateSource({ stateUrl, stateCommand }: CheckFlags): StateSource | null {
  if (stateUrl !== undefined && stateCommand !== undefined) {
    throw new RelyableError('USAGE', 'expected --state-url or --state-command, got both');
  }
  if (stateUrl !== undefined) return { kind: 'url', url: parseTargetUrl(stateUrl, '--state-url') };
  return stateCommand === undefined ? null : { kind: 'command', command: stateCommand };
}

/** What the command that repeats a case needs beside its id; secrets are never repeated. */
function repeatFlags(flags: CheckFlags): string[] {
  return [
    ...(flags.allowRemote === true ? ['--allow-remote'] : []),
    ...(flags.insecure === true ? ['--insecure'] : []),
    ...(flags.cacert === undefined ? [] : [`--cacert ${quotePosix(flags.cacert)}`]),
    ...(flags.secretFile ?? []).map((file) => `--secret-file ${quotePosix(file)}`),
    ...(flags.stateUrl === undefined ? [] : [`--state-url ${quotePosix(flags.stateUrl)}`]),
    ...(flags.stateCommand === undefined
      ? []
      : [`--state-command ${quotePosix(flags.stateCommand)}`]),
  ];
}
