import { resolve } from 'node:path';
import type { Invocation } from '../cli.ts';
import type { ConfigLayer } from '../config/load.ts';
import { RelyableError } from '../errors.ts';
import type { VerifyFlags } from '../flags/verify.ts';
import type { VerifiedRequest } from '../report/verification.ts';
import { requestOfBody } from '../verify/body.ts';
import { readStream, readWhole } from '../verify/files.ts';
import type { FoundRequest } from '../verify/input.ts';
import { parseSource, type Source } from '../verify/sources.ts';
import type { Capture } from '../webhook/capture.ts';
import { summarisePayload } from '../webhook/payload-summary.ts';
import type { WebhookRequest } from '../webhook/request.ts';
import { openCaptures, requireCapture, storeFile } from './stored.ts';

/** A request to judge and where it stood. */
export interface LocatedRequest extends Omit<VerifiedRequest, 'verification'> {
  readonly request: WebhookRequest;
  readonly note: string | null;
}

type VerifyInvocation = Invocation<VerifyFlags>;

/** The requests the operands name, in their order; none given: everything in the store. */
export async function* findRequests(
  invocation: VerifyInvocation,
  layers: readonly ConfigLayer[],
): AsyncGenerator<LocatedRequest> {
  const { args, flags } = invocation;
  const sources = args.map(parseSource);
  if (flags.signature !== undefined) {
    yield* readBody(invocation, sources, flags.signature);
    return;
  }
  const isStored = (source: Source): boolean =>
    source.kind === 'capture' || source.kind === 'newest';
  const reader =
    sources.length === 0 || sources.some(isStored)
      ? await openCaptures(storeFile(invocation, layers))
      : undefined;
  try {
    if (sources.length === 0) for (const capture of reader?.each({}) ?? []) yield locate(capture);
    for (const source of sources) {
      if (source.kind === 'capture' || source.kind === 'newest') {
        const name = source.kind === 'capture' ? source.id : 'last';
        if (reader !== undefined) yield locate(requireCapture(reader, name));
      }
    }
  } finally {
    reader?.close();
  }
}

function locate(capture: Capture): LocatedRequest {
  const { id, event } = capture;
  return { source: id, index: 0, isOneOfMany: false, event, request: capture, note: null };
}

/** The one file (or stdin) that is a body alone. */
async function* readBody(
  { context }: VerifyInvocation,
  sources: readonly Source[],
  signature: string,
): AsyncGenerator<LocatedRequest> {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0) {
    throw new RelyableError('USAGE', `--signature: expected one body, got ${sources.length}`, {
      hint: 'relyable webhooks verify body.json --signature <hex>, or - for stdin',
    });
  }
  if (source.kind === 'capture' || source.kind === 'newest') {
    throw new RelyableError('USAGE', '--signature: a capture has its own signature', {
      hint: 'leave --signature out, or name the file as ./…',
    });
  }
  const name = source.kind === 'stdin' ? '-' : source.path;
  const body =
    source.kind === 'stdin'
      ? await readStream(context.stdin, 'stdin')
      : readWhole(resolve(context.cwd, source.path), source.path);
  yield locateFound(name, 0, false, requestOfBody(body, signature));
}

function locateFound(
  source: string,
  index: number,
  isOneOfMany: boolean,
  { request, note }: FoundRequest,
): LocatedRequest {
  return { source, index, isOneOfMany, event: summarisePayload(request).event, request, note };
}
