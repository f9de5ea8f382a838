import { parseTargetUrl } from '../config/values.ts';
import { errorMessage, RelyableError } from '../errors.ts';
import { createSender, type Outgoing, type SendResult } from '../http/client/send.ts';
import { isLoopback } from '../http/loopback.ts';
import { toForward, toReplay } from '../pipeline/replay-capture.ts';
import { isEventType } from '../relyable/event-type.ts';
import { serialisePayload } from '../relyable/payload.ts';
import { createSeededSample } from '../relyable/seeded-sample.ts';
import type { Capture } from '../request/capture.ts';
import { signPayload } from '../signature/sign.ts';
import { withSignature } from '../signature/tamper.ts';
import { isJudged } from '../signature/verify.ts';
import { openStore } from '../store/writer.ts';
import { VERSION } from '../version.ts';
import { ApiProblem } from './answer.ts';
import type { SentDocument } from './api-types.ts';
import type { InspectorOptions, InspectorWorld } from './inspector-options.ts';

/** The changes that a replay asks for. */
export interface ReplayRequest {
  /** Another target, as a user types one; the configured target without it. */
  readonly to?: string;
  /** The payload to send instead; it is signed with the current secret. */
  readonly payload?: string;
  /** Signs the unchanged payload with the current secret; always done if no signature was recorded. */
  readonly resign?: boolean;
}

/** Sends a capture again and stores the attempt with it. */
export async function replayCapture(
  capture: Capture,
  request: ReplayRequest,
  options: InspectorOptions,
  world: InspectorWorld,
): Promise<SentDocument> {
  const target = readTarget(request.to ?? options.target ?? capture.forwards.at(-1)?.url, options);
  const isEdited =
    request.payload !== undefined || request.resign === true || !isJudged(capture.verification);
  const changes = { overrides: [], secret: isEdited ? signingSecret(options) : undefined };
  const outgoing = toReplay(
    request.payload === undefined
      ? capture
      : { ...capture, body: Buffer.from(request.payload, 'utf8') },
    target,
    changes,
  );
  const at = world.now();
  const result = await send(outgoing, options);
  const store = openStore(options.storeFile);
  try {
    const forward = toForward(outgoing, result, { at, changes });
    const edited = request.payload !== undefined;
    store.write({ forwards: [[capture.id, { ...forward, edited }]] });
  } finally {
    store.close();
  }
  return toSent('replay', outgoing, result, isEdited);
}

/** Sends a new, signed sample; to the listener, which stores it, unless a target is named. */
export async function sendSample(
  request: { readonly event: string; readonly to?: string },
  options: InspectorOptions,
  world: InspectorWorld,
): Promise<SentDocument> {
  const { event } = request;
  if (!isEventType(event)) {
    throw new ApiProblem(400, 'USAGE', `event: expected a published event type, got "${event}"`);
  }
  const url = readTarget(request.to ?? options.listenerUrl ?? options.target, options);
  const timestamp = `${new Date(world.now()).toISOString().slice(0, 19)}Z`;
  const sample = createSeededSample(event, world.randomBytes(4).readUInt32LE());
  const body = serialisePayload({ ...sample, timestamp }, 'compact');
  const signature = signPayload(body, signingSecret(options));
  const { headers } = withSignature(body, signature, `relyable/${VERSION}`);
  const outgoing: Outgoing = { method: 'POST', url, headers, body };
  return toSent('sample', outgoing, await send(outgoing, options), false);
}

/** Removes a capture with its forwards. */
export function deleteCapture(id: string, { storeFile }: InspectorOptions): void {
  const store = openStore(storeFile);
  try {
    if (store.remove([id]) === 0) throw unknownCapture(id);
  } finally {
    store.close();
  }
}

export function unknownCapture(id: string): ApiProblem {
  return new ApiProblem(404, 'NOT_FOUND', `no capture ${id} in the store`);
}

/** A target on this machine, or the configured one: the page sends captures nowhere else. */
function readTarget(
  text: string | null | undefined,
  { target, listenerUrl }: InspectorOptions,
): URL {
  if (text === null || text === undefined) {
    throw new ApiProblem(
      400,
      'USAGE',
      'expected a target, but none is configured and the capture was never forwarded',
      'name one, such as 3000/webhooks/relyable',
    );
  }
  let url: URL;
  try {
    url = parseTargetUrl(text, 'to');
  } catch (error) {
    throw new ApiProblem(400, 'USAGE', errorMessage(error));
  }
  const origins = [target, listenerUrl].flatMap((it) => (it === null ? [] : [new URL(it).origin]));
  if (isLoopback(url) || origins.includes(url.origin)) return url;
  throw new ApiProblem(
    403,
    'NOT_PERMITTED',
    `expected a target on this machine, got ${url.origin}`,
    'start with --forward-to to allow another target',
  );
}

function signingSecret({ secrets }: InspectorOptions): string {
  const [first] = secrets;
  if (first === undefined) throw new RelyableError('SECRET_INVALID', 'expected a signing secret');
  return first.value;
}

async function send(outgoing: Outgoing, { timeoutMs, tls }: InspectorOptions): Promise<SendResult> {
  const sender = createSender({ timeoutMs, tls, reuse: false });
  try {
    return await sender.send(outgoing);
  } finally {
    sender.close();
  }
}

function toSent(
  type: SentDocument['type'],
  { url }: Outgoing,
  { status, durationMs, error }: SendResult,
  edited: boolean,
): SentDocument {
  return { type, v: 1, url: url.href, status, durationMs, error, edited };
}
