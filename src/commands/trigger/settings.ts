import { resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { DEFAULT_HOST, DEFAULT_PORT, DEFAULT_TIMEOUT } from '../../config/defaults.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { pickSetting, type Setting } from '../../config/settings.ts';
import {
  parseDuration,
  parseHeader,
  parseInteger,
  parsePositive,
  parseSpeed,
  parseTargetUrl,
} from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { findListener } from '../kit/running-listeners.ts';
import { parseTimestamp } from './payload.ts';
import { collectChunks, readFileChunks, readStreamChunks } from '../../request/files/files.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import { type Override, parseOverride } from '../../json/overrides.ts';
import { WIRE_FORMATS, type WireFormat } from '../../relyable/payload.ts';
import type { HeaderPair } from '../../request/request.ts';
import { type RetryReading, type Speed } from '../../relyable/retry.ts';
import { MAX_SEED } from '../../relyable/seeded-random.ts';
import { type Tamper, TAMPERS } from '../../signature/tamper.ts';

const PRINT_FORMS = ['http', 'curl', 'json'] as const;
export type PrintForm = (typeof PRINT_FORMS)[number];

/** The flags of `trigger`, read and checked; nothing here needs the target or the secret. */
export interface TriggerOptions {
  /** `--data`; null when samples are sent. */
  readonly data: string | null;
  readonly overrides: readonly Override[];
  readonly seed: number | undefined;
  readonly timestamp: string;
  readonly wire: WireFormat;
  readonly tamper: Tamper | undefined;
  readonly expectStatus: number | undefined;
  readonly headers: readonly HeaderPair[];
  readonly duplicates: number;
  readonly speed: Speed;
  /** null when the requests are sent. */
  readonly print: PrintForm | null;
  /** null when each event is sent once. */
  readonly load: {
    readonly count: number | undefined;
    readonly durationMs: number | undefined;
    readonly concurrency: number;
    readonly rate: number | undefined;
  } | null;
}

export function readTriggerOptions(flags: TriggerFlags, isJson: boolean): TriggerOptions {
  refuseCombinations(flags);
  const overrides = (flags.set ?? []).map((text) => parseOverride(text, '--set'));
  const seed =
    flags.seed === undefined ? undefined : parseInteger(flags.seed, '--seed', 0, MAX_SEED);
  // A seed promises the same bytes everywhere, so the clock must not be among them.
  const timestamp = flags.timestamp ?? (seed === undefined ? 'now' : 'sample');
  return {
    data: flags.data ?? null,
    overrides,
    seed,
    timestamp: parseTimestamp(timestamp),
    wire: readOneOf(flags.wire ?? 'compact', '--wire', WIRE_FORMATS),
    tamper: flags.tamper === undefined ? undefined : readOneOf(flags.tamper, '--tamper', TAMPERS),
    expectStatus: optional(flags.expectStatus, (text) =>
      parseInteger(text, '--expect-status', 100, 599),
    ),
    headers: (flags.header ?? []).map((header) => parseHeader(header, '--header')),
    duplicates: readDuplicates(flags.duplicate),
    speed: parseSpeed(flags.speed ?? '1x', '--speed'),
    print: readPrintForm(flags, isJson),
    load: readLoad(flags),
  };
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function readPrintForm(flags: TriggerFlags, isJson: boolean): PrintForm | null {
  if (flags.print !== undefined) return readOneOf(flags.print, '--print', PRINT_FORMS);
  if (flags.dryRun !== true) return null;
  return isJson ? 'json' : 'http';
}

function readDuplicates(flag: TriggerFlags['duplicate']): number {
  if (flag === undefined || flag === false) return 0;
  return flag === true ? 1 : parseInteger(flag, '--duplicate', 1, 1000);
}

function readLoad(flags: TriggerFlags): TriggerOptions['load'] {
  if (flags.count === undefined && flags.duration === undefined) return null;
  const durationMs = optional(flags.duration, (text) => parseDuration(text, '--duration'));
  if (durationMs === 0) {
    throw new RelyableError('USAGE', '--duration: expected more than 0');
  }
  return {
    count: optional(flags.count, (text) => parseInteger(text, '--count', 1, 1_000_000_000)),
    durationMs,
    concurrency: parseInteger(flags.concurrency ?? '1', '--concurrency', 1, 10_000),
    rate: optional(flags.rate, (text) => parsePositive(text, '--rate')),
  };
}

function refuseCombinations(flags: TriggerFlags): void {
  const given = (name: keyof TriggerFlags): boolean =>
    flags[name] !== undefined && flags[name] !== false;
  const flagName = (name: string): string =>
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const refuse = (
    one: keyof TriggerFlags,
    others: readonly (keyof TriggerFlags)[],
    why: string,
  ): void => {
    const other = given(one) ? others.find(given) : undefined;
    if (other === undefined) return;
    throw new RelyableError(
      'USAGE',
      `${flagName(one)} and ${flagName(other)} exclude each other: ${why}`,
    );
  };
  refuse('data', ['set', 'wire', 'seed', 'timestamp'], 'the bytes of --data are sent as they are');
  refuse('tamper', ['retry'], 'a spoilt request is to be refused, not retried');
  for (const many of ['count', 'duration'] as const) {
    refuse(many, ['retry', 'duplicate', 'print', 'dryRun'], 'these concern one event');
  }
  const lone = (['concurrency', 'rate'] as const).find(given);
  if (lone !== undefined && !given('count') && !given('duration')) {
    throw new RelyableError('USAGE', `--${lone} needs --count or --duration`);
  }
  const retryOnly = (['speed', 'retryReading'] as const).find(given);
  if (retryOnly !== undefined && !given('retry')) {
    throw new RelyableError('USAGE', `${flagName(retryOnly)} needs --retry`);
  }
}

/** The event's name, or `all`; a wrong one is USAGE with the nearest. */
export function readEventName(name: string): EventType | 'all' {
  return readOneOf(name, 'event', [...EVENT_TYPES, 'all']);
}

function readOneOf<T extends string>(value: string, name: string, allowed: readonly T[]): T {
  const found = allowed.find((option) => option === value);
  if (found !== undefined) return found;
  const hint = didYouMean(value, allowed);
  throw new RelyableError(
    'USAGE',
    `${name}: expected ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1) ?? ''}, got "${value}"`,
    hint === undefined ? {} : { hint },
  );
}

/** Settings that a config file may give as well. */
export function readSettings(
  { context, flags }: Invocation<TriggerFlags>,
  layers: readonly ConfigLayer[],
): { timeout: Setting<string>; retryReading: RetryReading } {
  const timeout = pickSetting(context, layers, {
    flag: { name: '--timeout', value: flags.timeout },
    config: (values) => values.timeout,
    fallback: DEFAULT_TIMEOUT,
  });
  const reading = pickSetting<string>(context, layers, {
    flag: { name: '--retry-reading', value: flags.retryReading },
    config: (values) => values.retryReading,
    fallback: 'gaps',
  });
  return {
    timeout,
    retryReading: readOneOf(reading.value, reading.origin, ['gaps', 'offsets']),
  };
}

/** `--to`, the config's `forwardTo`, or a listener that runs; where it came from. */
export async function resolveTarget(
  { context, flags }: Invocation<TriggerFlags>,
  layers: readonly ConfigLayer[],
  isSent: boolean,
): Promise<Setting<URL>> {
  const named = pickSetting<string>(context, layers, {
    flag: { name: '--to', value: flags.to },
    config: (values) => values.forwardTo,
    fallback: '',
  });
  if (named.origin !== 'default') {
    return { value: parseTargetUrl(named.value, named.origin), origin: named.origin };
  }
  const listener = await findListener(context.paths.data, context.interrupt);
  if (listener !== undefined) {
    return { value: new URL(listener.url), origin: 'the running listener' };
  }
  if (!isSent) {
    return { value: new URL(`http://${DEFAULT_HOST}:${DEFAULT_PORT}`), origin: 'default' };
  }
  throw new RelyableError(
    'USAGE',
    'expected a target: no --to, no forwardTo in a config file, and no listener is running',
    {
      hint: 'relyable webhooks trigger test_run.completed --to 3000/webhooks/relyable, or start one: relyable webhooks listen',
    },
  );
}

/** The bytes of `--data`: a file, or stdin for `-`. */
export function readData({ context }: Invocation<TriggerFlags>, source: string): Promise<Buffer> {
  const { cwd, stdin, interrupt } = context;
  const name = `--data ${source}`;
  const chunks =
    source === '-'
      ? readStreamChunks(stdin, name, interrupt)
      : readFileChunks(resolve(cwd, source), name, interrupt);
  return collectChunks(chunks, name);
}
