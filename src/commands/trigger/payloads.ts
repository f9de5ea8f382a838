import { resolve } from 'node:path';
import { didYouMean } from '../../did-you-mean.ts';
import { parseOneOf } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import { collectChunks, readFileChunks, readStreamChunks } from '../../request/files/files.ts';
import { EVENT_NAMES, type EventName, type TriggerOptions } from './options.ts';
import { createPayload, findUnknownPaths, readPayload, type TriggerPayload } from './payload.ts';
import { createVariants } from './variants.ts';

/** What is sent, checked. */
export interface Payloads {
  /** About fields that are not published. */
  readonly warnings: readonly string[];
  /** The number of events when each is sent once. */
  readonly count: number;
  /** The i-th event, from 0; its time is read now. With `--count`, samples have an id of their own. */
  of(index: number): TriggerPayload;
}

/** The payloads of `--data`, or of the samples that the operand names. */
export async function readPayloads(invocation: Invocation<TriggerOptions>): Promise<Payloads> {
  const { args, options } = invocation;
  if (options.data !== undefined) return readGivenPayload(invocation, options.data);
  const name = args[0] === undefined ? await askForEvent(invocation) : parseEventName(args[0]);
  return createSamples(invocation, name === 'all' ? EVENT_TYPES : [name]);
}

async function readGivenPayload(
  invocation: Invocation<TriggerOptions>,
  source: string,
): Promise<Payloads> {
  const { args, options } = invocation;
  const payload = readPayload(await readData(invocation, source));
  if (options.validate) await validate(payload, `--data ${source}`);
  requireSameEvent(args[0], payload);
  return { warnings: [], count: 1, of: () => payload };
}

async function createSamples(
  { context, options }: Invocation<TriggerOptions>,
  events: readonly EventType[],
): Promise<Payloads> {
  const { seed, set: overrides, wire } = options;
  // A seed promises the same bytes everywhere, so the clock must not be part of them.
  const timestamp = options.timestamp ?? (seed === undefined ? 'now' : 'sample');
  const create = (event: EventType): TriggerPayload =>
    createPayload(event, { seed, timestamp, overrides, wire, nowMs: context.now() });
  if (options.validate && overrides.length > 0) {
    for (const event of events) await validate(create(event), '--set');
  }
  const warnings = describeUnknownPaths(events, options);
  const count = events.length;
  const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  if (options.count === undefined && options.duration === undefined) {
    return { warnings, count, of: (index) => create(at(events, index)) };
  }
  const variants = events.map((event) => createVariants(create(event), event, overrides));
  // Each run has ids of its own, except with a seed.
  const run = seed === undefined ? context.randomBytes(4).toString('hex') : '';
  return { warnings, count, of: (index) => at(variants, index)(`${run}${index + 1}`) };
}

async function askForEvent(invocation: Invocation<TriggerOptions>): Promise<EventName> {
  const { chooseEvent } = await import('./choice.ts');
  return chooseEvent(invocation);
}

function parseEventName(name: string): EventName {
  return parseOneOf(EVENT_NAMES)(name, 'event');
}

/** The bytes of `--data`: a file, or stdin for `-`. */
function readData({ context }: Invocation<TriggerOptions>, source: string): Promise<Buffer> {
  const { cwd, stdin, interrupt } = context;
  const name = `--data ${source}`;
  const chunks =
    source === '-'
      ? readStreamChunks(stdin, name, interrupt)
      : readFileChunks(resolve(cwd, source), name, interrupt);
  return collectChunks(chunks, name);
}

async function validate(payload: TriggerPayload, source: string): Promise<void> {
  if (payload.payload === undefined) {
    throw new RelyableError('INPUT_UNREADABLE', `${source}: expected JSON, got something else`, {
      hint: '--no-validate sends it as it is',
    });
  }
  // zod is loaded only where something is checked.
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
    { hint: 'leave the event out: --data defines what is sent' },
  );
}

/** With several events, a path is unknown only if none of them has it. */
function describeUnknownPaths(
  events: readonly EventType[],
  { set: overrides }: TriggerOptions,
): string[] {
  const unknown = events.map((event) => findUnknownPaths(event, overrides));
  const unknownToAll = (unknown[0] ?? []).filter(({ path }) =>
    unknown.every((paths) => paths.some((other) => other.path === path)),
  );
  return unknownToAll.map(({ path, known }) => {
    const hint = didYouMean(path, known);
    const tail = hint === undefined ? 'it is added' : `it is added; ${hint}`;
    return `--set ${path}: not a published field of ${events.join(', ')}; ${tail}`;
  });
}
