import type { Invocation } from '../../invocation.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { resolveSecrets, type Secrets } from '../../config/secrets.ts';
import type { Setting } from '../../config/settings.ts';
import { parseDuration } from '../../config/values.ts';
import type { Context } from '../../system/context.ts';
import { RelyableError } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { findListener } from '../kit/running-listeners.ts';
import { readTlsOptions, type TlsOptions } from '../../http/target.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { expectedStatuses, type RequestOptions, type Schedule } from './deliver.ts';
import {
  createPayload,
  expandEvent,
  findUnknownPaths,
  readPayload,
  type TriggerPayload,
} from './payload.ts';
import { createVariants } from './variants.ts';
import type { EventType } from '../../relyable/event-type.ts';
import { retryOffsetsMs } from '../../relyable/retry.ts';
import { createSigner } from '../../signature/sign.ts';
import { VERSION } from '../../version.ts';
import { announceSecrets, explainSettings, loadLayers } from '../kit/invocation-config.ts';
import {
  readData,
  readEventName,
  readSettings,
  resolveTarget,
  type TriggerOptions,
} from './settings.ts';

/** Everything a sending needs, settled. */
export interface TriggerPlan {
  readonly options: TriggerOptions;
  readonly request: RequestOptions;
  readonly secrets: Secrets;
  readonly schedule: Schedule;
  readonly expected: readonly number[];
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  /** The i-th event, from 0; the i-th of `count` differs from the others where samples are sent. */
  payloadOf(index: number): TriggerPayload;
  /** How many events are sent when each is sent once. */
  readonly count: number;
}

/** Reads, checks and resolves all that the flags and the config say. */
export async function makePlan(
  invocation: Invocation<TriggerFlags>,
  options: TriggerOptions,
): Promise<TriggerPlan> {
  const { context, terminal, flags } = invocation;
  const payloads = await readPayloads(invocation, options);
  const layers = await loadLayers(invocation);
  const { timeout, retryReading } = readSettings(invocation, layers);
  const timeoutMs = parseDuration(timeout.value, timeout.origin);
  const tls = readTlsOptions(flags);
  const to = await resolveTarget(invocation, layers, options.print === null);
  explainSettings(invocation, {
    to: { value: to.value.href, origin: to.origin },
    timeout,
  });
  const secrets = resolveSecrets(context, layers, flags);
  for (const warning of payloads.warnings) terminal.warn(warning);
  const route = flags.to === undefined ? await describeRoute(context, to) : null;
  if (route !== null) terminal.info(terminal.errorStyle.dim(safeLine(route)));
  announceSecrets(invocation, secrets);
  return {
    options,
    secrets,
    timeoutMs,
    tls,
    payloadOf: payloads.of,
    count: payloads.count,
    expected: expectedStatuses(options.expectStatus, options.tamper !== undefined),
    request: {
      to: to.value,
      secret: secrets.chosen[0].value,
      sign: createSigner(secrets.chosen[0].value),
      userAgent: `relyable/${VERSION}`,
      tamper: options.tamper,
      headers: options.headers,
    },
    schedule: {
      offsetsMs: flags.retry === true ? retryOffsetsMs(retryReading) : [0],
      speed: options.speed,
      duplicates: options.duplicates,
    },
  };
}

/** What is not plain from what was typed: through which listener the event goes, or past which one. */
async function describeRoute(context: Context, to: Setting<URL>): Promise<string | null> {
  if (to.origin === 'the running listener') return `to ${to.origin} at ${to.value.href}`;
  const listener = await findListener(context.paths.data, context.interrupt);
  if (listener === undefined) return null;
  const { origin, host } = new URL(listener.url);
  if (to.value.origin === origin) return null;
  return `to ${to.value.href} as configured, past the listener at ${origin}: --to ${host} sends through it`;
}

interface Payloads {
  /** What is odd about what was asked for. */
  readonly warnings: readonly string[];
  readonly count: number;
  of(index: number): TriggerPayload;
}

/** What is sent, checked; the clock is read when an event is made. */
async function readPayloads(
  invocation: Invocation<TriggerFlags>,
  options: TriggerOptions,
): Promise<Payloads> {
  const { context, args, flags } = invocation;
  if (options.data !== null) {
    const payload = readPayload(await readData(invocation, options.data));
    if (flags.validate) await validate(payload, `--data ${options.data}`);
    requireSameEvent(args[0], payload);
    return { warnings: [], count: 1, of: () => payload };
  }
  const name = args[0] === undefined ? await askForEvent(invocation) : readEventName(args[0]);
  const events = expandEvent(name);
  const warnings = describeUnknownPaths(events, options);
  const create = (event: EventType): TriggerPayload =>
    createPayload(event, { ...options, nowMs: context.now() });
  if (flags.validate && options.overrides.length > 0) {
    for (const event of events) await validate(create(event), '--set');
  }
  const eventAt = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  if (options.load === null) {
    return { warnings, count: events.length, of: (index) => create(eventAt(events, index)) };
  }
  const variants = events.map((event) => createVariants(create(event), event, options.overrides));
  // With a seed the same bytes everywhere, without one never the same events twice.
  const run = options.seed === undefined ? context.randomBytes(4).toString('hex') : '';
  return {
    warnings,
    count: events.length,
    of: (index) => eventAt(variants, index)(`${run}${index + 1}`),
  };
}

async function askForEvent(invocation: Invocation<TriggerFlags>): Promise<EventType | 'all'> {
  const { chooseEvent } = await import('./choice.ts');
  return chooseEvent(invocation);
}

async function validate(payload: TriggerPayload, source: string): Promise<void> {
  if (payload.payload === undefined) {
    throw new RelyableError('INPUT_UNREADABLE', `${source}: expected JSON, got something else`, {
      hint: '--no-validate sends it as it is',
    });
  }
  const { checkEvent } = await import('../../relyable/schema.ts');
  const [problem, ...more] = checkEvent(payload.payload);
  if (problem === undefined) return;
  const where = problem.path === '' ? 'the payload' : problem.path;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new RelyableError(
    'USAGE',
    `${source}: ${where} does not fit ${payload.event ?? 'an event'}: ${problem.message}${others}`,
    { hint: '--no-validate sends it as it is; --list shows the fields' },
  );
}

function requireSameEvent(name: string | undefined, { event }: TriggerPayload): void {
  if (name === undefined || name === event) return;
  throw new RelyableError(
    'USAGE',
    `expected a ${name} payload in --data, got ${event === null ? 'one without an event' : event}`,
    { hint: 'leave the event out: --data says what is sent' },
  );
}

function describeUnknownPaths(
  events: readonly EventType[],
  { overrides }: TriggerOptions,
): string[] {
  const unknown = events.map((event) => findUnknownPaths(event, overrides));
  // With `all`, a path is fine if one of the events has it.
  const unknownToAll = (unknown[0] ?? []).filter(({ path }) =>
    unknown.every((paths) => paths.some((other) => other.path === path)),
  );
  return unknownToAll.map(({ path, known }) => {
    const hint = didYouMean(path, known);
    const tail = hint === undefined ? 'it is added' : `it is added; ${hint}`;
    return `--set ${path}: not a published field of ${events.join(', ')}; ${tail}`;
  });
}
