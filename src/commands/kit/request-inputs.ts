import type { InvocationConfig } from './invocation-config.ts';
import { dirname, relative, resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { RelyableError } from '../../errors.ts';
import {
  fileReader,
  listFiles,
  readFileChunks,
  readStreamChunks,
} from '../../request/files/files.ts';
import {
  type FoundRequest,
  type InputFormat,
  type InputItem,
  toUnreadable,
} from '../../request/files/input.ts';
import { type InputOptions, readInput } from '../../request/files/read-input.ts';
import {
  type DeliverySource,
  type FileSource,
  parseSource,
  type Source,
} from '../../request/files/sources.ts';
import type { Capture } from '../../request/capture.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { isJudged } from '../../signature/verify.ts';
import { formatCount } from '../../terminal/format.ts';
import type { ApiOptions } from './api.ts';
import type { InputProblems } from './input-problems.ts';
import { LoggedDeliveries } from './logged-deliveries.ts';
import { LazyReader, requireCapture } from './open-captures.ts';

/** Where a request was found. */
export interface RequestPlace {
  /** The id of a capture or delivery, a file as it was named, or `-` for stdin. */
  readonly source: string;
  /** Its place among the requests of that source, from 0. */
  readonly index: number;
  /** The source holds several requests, so the place is shown. */
  readonly isOneOfMany: boolean;
  readonly event: string | null;
}

/** `requests.http#2`: people count from 1. */
export function describeSource({
  source,
  index,
  isOneOfMany,
}: Omit<RequestPlace, 'event'>): string {
  const name = source === '-' ? 'stdin' : source;
  return isOneOfMany ? `${name}#${index + 1}` : name;
}

/** A request to judge and where it was found. */
export interface LocatedRequest extends RequestPlace {
  readonly found: Omit<FoundRequest, 'kind'>;
}

/** The options that say how inputs are read. */
interface InputFlags extends ApiOptions {
  readonly format: InputFormat | undefined;
  readonly signature: string | undefined;
  readonly store: string | undefined;
}

/**
 * The requests the operands name, in their order; none given: everything in the store. What cannot be
 * read is added to `problems`, and costs none of the others.
 */
export async function* findRequests(
  invocation: Invocation<InputFlags>,
  config: InvocationConfig<InputFlags>,
  problems: InputProblems,
): AsyncGenerator<LocatedRequest> {
  const { args, options: given } = invocation;
  const sources = args.map(parseSource);
  const options = toInputOptions(given);
  if (given.signature !== undefined) requireOneBody(sources);
  const store = new LazyReader(() => config.storeFile());
  const deliveries = new LoggedDeliveries(invocation, config);
  try {
    if (sources.length === 0)
      for (const capture of (await store.open()).each({})) yield locate(capture);
    for (const source of sources) {
      if (source.kind === 'capture') {
        yield locate(requireCapture(await store.open(), source.id));
        continue;
      }
      const resolveCapture = async (id: string): Promise<Capture> =>
        requireCapture(await store.open(), id);
      const how = { ...options, problems, deliveries, resolveCapture };
      const placed = readSource(invocation, source, how);
      for await (const { source: name, index, isOneOfMany, found } of placed) {
        const { event } = summarisePayload(found.request);
        yield { source: name, index, isOneOfMany, event, found };
      }
    }
  } finally {
    store.close();
  }
}

function toInputOptions({ format, signature }: InputFlags): InputOptions {
  if (signature !== undefined && format !== undefined && format !== 'body') {
    throw new RelyableError(
      'USAGE',
      `--signature goes with a bare body, not with --format ${format}`,
    );
  }
  return {
    ...(format === undefined ? {} : { format }),
    ...(signature === undefined ? {} : { signature }),
  };
}

function requireOneBody([source, ...more]: readonly Source[]): void {
  if (source === undefined || more.length > 0) {
    throw new RelyableError(
      'USAGE',
      `--signature: expected one body, got ${more.length + (source === undefined ? 0 : 1)}`,
      {
        hint: 'relyable webhooks verify body.json --signature <hex>, or - for stdin',
      },
    );
  }
  if (source.kind === 'capture' || source.kind === 'delivery') {
    throw new RelyableError('USAGE', `--signature: a ${source.kind} has its own signature`, {
      hint: 'leave --signature out, or name the file as ./…',
    });
  }
}

function locate(capture: Capture): LocatedRequest {
  const { id, event, verification } = capture;
  const found = { request: capture, note: null, signatureNotRecorded: !isJudged(verification) };
  return { source: id, index: 0, isOneOfMany: false, event, found };
}

/** A request of a file or stdin, and its place there. */
interface PlacedRequest {
  readonly source: string;
  /** From 0. */
  readonly index: number;
  readonly isOneOfMany: boolean;
  readonly found: FoundRequest;
}

/** How the requests of a source are read. */
interface SourceOptions extends InputOptions {
  /** What cannot be read. */
  readonly problems: InputProblems;
  readonly deliveries: LoggedDeliveries;
  /** The capture that an input names without its request; without it, such entries are skipped. */
  readonly resolveCapture?: (id: string) => Promise<Capture>;
}

/** Every request of a delivery, stdin, a file, or the files of a folder; warns of what was skipped. */
export async function* readSource(
  invocation: Invocation<unknown>,
  source: FileSource | DeliverySource,
  options: SourceOptions,
): AsyncGenerator<PlacedRequest> {
  if (source.kind === 'delivery') {
    yield* readDelivery(source, options);
    return;
  }
  const skipped = new SkippedEntries();
  for (const { name, items } of inputsOf(invocation, source, skipped, options)) {
    yield* readInputOf(name, items, skipped, options);
  }
  const name = source.kind === 'stdin' ? 'stdin' : source.path;
  for (const [why, times] of skipped.counts) {
    invocation.terminal.warn(`${name}: skipped ${times === 1 ? why : `${times} times ${why}`}`);
  }
}

async function* readDelivery(
  { id }: DeliverySource,
  { deliveries, problems }: SourceOptions,
): AsyncGenerator<PlacedRequest> {
  try {
    yield { source: id, index: 0, isOneOfMany: false, found: await deliveries.read(id) };
  } catch (error) {
    problems.add(id, toUnreadable(error).error);
  }
}

/** Stdin or a file. */
interface OpenInput {
  /** As it is shown. */
  readonly name: string;
  readonly items: AsyncIterable<InputItem>;
}

/** Stdin, a file, or the files of a folder. */
function* inputsOf(
  { context }: Invocation<unknown>,
  source: FileSource,
  skipped: SkippedEntries,
  options: SourceOptions,
): Generator<OpenInput> {
  const { cwd, stdin, interrupt } = context;
  if (source.kind === 'stdin') {
    const chunks = readStreamChunks(stdin, 'stdin', interrupt);
    const readBeside = fileReader(cwd, cwd);
    yield { name: '-', items: readInput(chunks, 'stdin', { ...options, readBeside }) };
    return;
  }
  for (const name of filesOf(cwd, source.path, skipped, options.problems)) {
    const full = resolve(cwd, name);
    const chunks = readFileChunks(full, name, interrupt);
    const readBeside = fileReader(dirname(full), cwd);
    yield { name, items: readInput(chunks, name, { ...options, readBeside }) };
  }
}

function filesOf(
  cwd: string,
  path: string,
  skipped: SkippedEntries,
  problems: InputProblems,
): readonly string[] {
  try {
    const { files, ignored } = listFiles(cwd, path);
    if (ignored.length > 0) skipped.add(describeIgnored(path, ignored));
    return files;
  } catch (error) {
    problems.add(path, toUnreadable(error).error);
    return [];
  }
}

/** The most files that a warning names. */
const NAMED_FILES = 3;

/** `2 files of another kind: notes.md, old/a.bin`. */
function describeIgnored(folder: string, files: readonly string[]): string {
  const names = files.slice(0, NAMED_FILES).map((file) => relative(folder, file));
  const others = files.length - names.length;
  const rest = others === 0 ? [] : [formatCount(others, 'other')];
  return `${formatCount(files.length, 'file')} of another kind: ${[...names, ...rest].join(', ')}`;
}

/** What is not a request, with how often it was met. */
class SkippedEntries {
  readonly counts = new Map<string, number>();

  add(why: string): void {
    this.counts.set(why, (this.counts.get(why) ?? 0) + 1);
  }
}

/** Yields one request late, so that the first already knows whether another follows. */
async function* readInputOf(
  source: string,
  items: AsyncIterable<InputItem>,
  skipped: SkippedEntries,
  { problems, resolveCapture }: SourceOptions,
): AsyncGenerator<PlacedRequest> {
  let previous: FoundRequest | undefined;
  let index = 0;
  for await (const item of untilProblem(items)) {
    let found: FoundRequest;
    if (item.kind === 'unreadable') {
      problems.add(source, item.error);
      continue;
    } else if (item.kind === 'skipped') {
      skipped.add(item.why);
      continue;
    } else if (item.kind === 'reference') {
      if (resolveCapture === undefined) {
        skipped.add(`${item.id}, which is named without its request`);
        continue;
      }
      found = { kind: 'request', request: await resolveCapture(item.id), note: null };
    } else found = item;
    if (previous !== undefined) {
      yield { source, index, isOneOfMany: true, found: previous };
      index += 1;
    }
    previous = found;
  }
  if (previous !== undefined) yield { source, index, isOneOfMany: index > 0, found: previous };
}

/** The items of an input up to where it cannot be read any further, which is an item as well. */
async function* untilProblem(items: AsyncIterable<InputItem>): AsyncGenerator<InputItem> {
  try {
    yield* items;
  } catch (error) {
    yield toUnreadable(error);
  }
}
