import { SETTINGS } from '../../config/settings.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { isLoopback } from '../../http/loopback.ts';
import { readTlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import { quotePosixIfNeeded } from '../../shell-quote.ts';
import { VERSION } from '../../version.ts';
import { identifyListener } from '../kit/identify-listener.ts';
import type { InvocationConfig } from '../kit/invocation-config.ts';
import { selectCases } from './battery.ts';
import type { CheckCase } from './check-case.ts';
import type { CheckOptions } from './options.ts';
import type { BatteryOptions } from './run-battery.ts';
import { createStateReader, type StateSource } from './state.ts';

/** The cases that the options ask for. */
export function readCases({ only, skip, idempotency, ...options }: CheckOptions): CheckCase[] {
  return selectCases({
    only: idempotency ? ['idempotency', ...only] : only,
    skip,
    isObserved: readStateSource(options) !== null,
  });
}

/** The handler: the operand, else the config's target; another machine only with `--allow-remote`. */
export function readUrl(
  { options }: Invocation<CheckOptions>,
  config: InvocationConfig<CheckOptions>,
  operand: string | undefined,
): URL {
  const url =
    operand === undefined
      ? config.setting(SETTINGS.forwardTo, parseTargetUrl).value
      : parseTargetUrl(operand, 'url');
  if (url === undefined) {
    const message = "expected your handler's URL: none is given, and no forwardTo in a config file";
    throw new RelyableError('USAGE', message, {
      hint: 'relyable webhooks check 3000/webhooks/relyable',
    });
  }
  if (options.allowRemote || isLoopback(url)) return url;
  throw new RelyableError('USAGE', `expected a handler on this machine, got ${url.host}`, {
    hint: 'the battery sends forged and malformed requests; --allow-remote sends them there too',
  });
}

/** Refuses a listener of ours as the handler: it verifies signatures itself, so it would be graded, not the app. */
export async function refuseListener(
  { context, options }: Invocation<CheckOptions>,
  url: URL,
): Promise<void> {
  const { interrupt: signal, randomBytes } = context;
  const tls = readTlsOptions(options);
  const listener = await identifyListener(url, { tls, signal, randomBytes });
  if (listener === null) return;
  const { app, namesTarget } = listener;
  const behind =
    app !== null
      ? `it forwards to ${app.href}`
      : namesTarget
        ? 'it forwards to no app'
        : 'it does not tell this machine where it forwards to';
  throw new RelyableError(
    'USAGE',
    `expected your handler at ${url.href}, got a relyable listener, which refuses forged requests itself: ${behind}`,
    {
      hint:
        app === null
          ? 'name the URL of your app itself: relyable webhooks check 3000/webhooks/relyable'
          : `relyable webhooks check ${quotePosixIfNeeded(app.href)}`,
    },
  );
}

/** The options of the battery. */
export function readBatteryOptions(
  { context, options }: Invocation<CheckOptions>,
  subject: Pick<BatteryOptions, 'url' | 'cases' | 'secret' | 'known' | 'language'>,
): BatteryOptions {
  const { timeout: timeoutMs, settle: settleMs } = options;
  const source = readStateSource(options);
  const signal = context.interrupt;
  return {
    ...subject,
    userAgent: `relyable-cli/${VERSION}`,
    seed: options.seed ?? context.randomBytes(4).readUInt32BE(),
    timeoutMs,
    tls: readTlsOptions(options),
    headers: options.header,
    bail: options.bail ? options.failOn : null,
    signal,
    elapsed: context.elapsed,
    readState:
      source === null ? null : createStateReader({ source, settleMs, timeoutMs, signal }, context),
  };
}

function readStateSource({
  stateUrl,
  stateCommand,
}: Pick<CheckOptions, 'stateUrl' | 'stateCommand'>): StateSource | null {
  if (stateUrl !== undefined) return { kind: 'url', url: stateUrl };
  return stateCommand === undefined ? null : { kind: 'command', command: stateCommand };
}
