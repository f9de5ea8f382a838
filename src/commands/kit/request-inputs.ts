import type { InvocationConfig } from './invocation-config.ts';
import { resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { RelyableError } from '../../errors.ts';
import { listFiles, readFileChunks, readStreamChunks } from '../../request/files/files.ts';
import type { FoundRequest, InputFormat } from '../../request/files/input.ts';
import { type InputOptions, readInput } from '../../request/files/read-input.ts';
import { type FileSource, parseSource, type Source } from '../../request/files/sources.ts';
import type { Capture } from '../../request/capture.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import type { WebhookRequest } from '../../request/request.ts';
import { openCaptures, requireCapture } from './open-captures.ts';

/** Where a request was found. */
export interface RequestPlace {
  /** A capture id, a file as it was named, or `-` for stdin. */
  readonly source: string;
  /** Its place among the requests of that source, from 0. */
  readonly index: number;
  /** The source holds several requests, so the place is shown. */
  readonly isOneOfMany: boolean;
  readonly event: string | null;
}

/** A request to judge and where it was found. */
interface LocatedRequest extends RequestPlace {
  readonly request: WebhookRequest;
  readonly note: string | null;
}

/** The options that say how inputs are read. */
interface InputFlags {
  readonly format: InputFormat | undefined;
  readonly signature: string | undefined;
  readonly store: string | undefined;
}

/** The requests the operands name, in their order; none given: everything in the store. */
export async function* findRequests(
  invocation: Invocation<InputFlags>,
  config: InvocationConfig<InputFlags>,
): AsyncGenerator<LocatedRequest> {
  const { args, options: given } = invocation;
  const sources = args.map(parseSource);
  const options = toInputOptions(given);
  if (given.signature !== undefined) requireOneBody(sources);
  const needsStore = sources.length === 0 || sources.some(isStored);
  const reader = needsStore ? await openCaptures(config.storeFile()) : undefined;
  try {
    if (sources.length === 0) for (const capture of reader?.each({}) ?? []) yield locate(capture);
    for (const source of sources) {
      if (isStored(source)) {
        if (reader !== undefined) yield locate(requireCapture(reader, source.id));
        continue;
      }
      for await (const placed of readSource(invocation, source, options)) yield toLocated(placed);
    }
  } finally {
    reader?.close();
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
  if (isStored(source)) {
    throw new RelyableError('USAGE', '--signature: a capture has its own signature', {
      hint: 'leave --signature out, or name the file as ./…',
    });
  }
}

function isStored(source: Source): source is Source & { readonly kind: 'capture' } {
  return source.kind === 'capture';
}

function locate(capture: Capture): LocatedRequest {
  const { id, event } = capture;
  return { source: id, index: 0, isOneOfMany: false, event, request: capture, note: null };
}

/** A request of a file or stdin, and its place there. */
interface PlacedRequest {
  readonly source: string;
  /** From 0. */
  readonly index: number;
  readonly isOneOfMany: boolean;
  readonly found: FoundRequest;
}

/** Every request of stdin, a file, or the files of a folder; warns of what was skipped. */
export async function* readSource(
  { context, terminal }: Invocation<unknown>,
  source: FileSource,
  options: InputOptions,
): AsyncGenerator<PlacedRequest> {
  const skipped = new Map<string, number>();
  const count = (why: string, by = 1): void => {
    skipped.set(why, (skipped.get(why) ?? 0) + by);
  };
  if (source.kind === 'stdin') {
    const chunks = readStreamChunks(context.stdin, 'stdin', context.interrupt);
    yield* readOne('-', readInput(chunks, 'stdin', options), count);
  } else {
    const { files, ignored } = listFiles(context.cwd, source.path);
    for (const file of files) {
      const chunks = readFileChunks(resolve(context.cwd, file), file, context.interrupt);
      yield* readOne(file, readInput(chunks, file, options), count);
    }
    if (ignored > 0) count('a file of another kind', ignored);
  }
  const name = source.kind === 'stdin' ? 'stdin' : source.path;
  for (const [why, times] of skipped) {
    terminal.warn(`${name}: skipped ${times === 1 ? why : `${times} times ${why}`}`);
  }
}

/** Yields one request late, so that the first already knows whether another follows. */
async function* readOne(
  source: string,
  items: ReturnType<typeof readInput>,
  count: (why: string) => void,
): AsyncGenerator<PlacedRequest> {
  let previous: FoundRequest | undefined;
  let index = 0;
  for await (const item of items) {
    if (item.kind === 'skipped') {
      count(item.why);
      continue;
    }
    if (previous !== undefined) {
      yield { source, index, isOneOfMany: true, found: previous };
      index += 1;
    }
    previous = item;
  }
  if (previous !== undefined) yield { source, index, isOneOfMany: index > 0, found: previous };
}

function toLocated({ found, ...place }: PlacedRequest): LocatedRequest {
  const { request, note } = found;
  return { ...place, event: summarisePayload(request).event, request, note };
}
