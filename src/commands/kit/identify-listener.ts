import {
  createSender,
  type Outgoing,
  type Sender,
  type SendResult,
} from '../../http/client/send.ts';
import { IDENTIFY_HEADER } from '../../http/headers.ts';
import { pathAtTarget, type TlsOptions } from '../../http/target.ts';
import { markProbe } from '../../request/probe-mark.ts';
import type { HeaderPair } from '../../request/request.ts';
import { VERSION } from '../../version.ts';
import { isHealthDocument, LISTENER_SERVICE } from './running-listeners.ts';

/** A listener of ours that was taken for an app. */
export interface ListenerIdentity {
  /** Where the listener would forward the request; null if the listener has no app or does not tell. */
  readonly app: URL | null;
  /** Whether it says where it forwards to, which it does only in answers to this machine. */
  readonly namesTarget: boolean;
  /** Whether forged requests reach the app, and the app's answers come back. */
  readonly isTransparent: boolean;
}

export interface IdentifyOptions {
  /** The event to ask about: a listener may have a route for its type. */
  readonly event?: string | null;
  readonly tls: TlsOptions;
  readonly signal: AbortSignal;
  readonly randomBytes: (size: number) => Buffer;
}

/** An answer that takes longer is not a listener's. */
const ASK_TIMEOUT_MS = 5000;

/**
 * Sends a GET to a URL to find out whether a listener of this program answers there; null if not. A
 * listener verifies signatures itself, so its answers say nothing about the app behind it.
 */
export async function identifyListener(
  url: URL,
  { event = null, tls, signal, randomBytes }: IdentifyOptions,
): Promise<ListenerIdentity | null> {
  const sender = createSender({ timeoutMs: ASK_TIMEOUT_MS, tls, signal, reuse: false });
  try {
    const nonce = randomBytes(16).toString('hex');
    const answer = await sender.send(get(url, nonce));
    return readIdentity(answer, nonce, { url, event }) ?? (await askHealth(answer, url, sender));
  } finally {
    sender.close();
  }
}

function get(url: URL, nonce?: string): Outgoing {
  const headers: HeaderPair[] = [['User-Agent', markProbe(`relyable/${VERSION}`)]];
  if (nonce !== undefined) headers.push([IDENTIFY_HEADER, nonce]);
  return { method: 'GET', url, headers, body: Buffer.alloc(0) };
}

function readIdentity(
  { status, body }: SendResult,
  nonce: string,
  { url, event }: { readonly url: URL; readonly event: string | null },
): ListenerIdentity | null {
  const document = status === 200 ? readDocument(body) : {};
  if (document['service'] !== LISTENER_SERVICE || document['nonce'] !== nonce) return null;
  const { invalid, respond } = document;
  const forwardTo = targetOf(document, event);
  return {
    app: forwardTo === null ? null : appBehind(forwardTo, url),
    namesTarget: true,
    isTransparent: invalid === 'forward' && respond === 'mirror' && forwardTo !== null,
  };
}

/** Where the listener sends the event: by its route, else where it sends all. */
function targetOf(
  { forwardTo, routes }: Readonly<Record<string, unknown>>,
  event: string | null,
): string | null {
  const byEvent = new Map(Object.entries(routes ?? {}));
  const target: unknown = (event === null ? undefined : byEvent.get(event)) ?? forwardTo;
  return typeof target === 'string' ? target : null;
}

/** A listener tells strangers, a tunnel among them, no more than that it is one. */
async function askHealth(
  answer: SendResult,
  url: URL,
  sender: Sender,
): Promise<ListenerIdentity | null> {
  if (answer.status !== 405 || readDocument(answer.body)['error'] !== 'method_not_allowed') {
    return null;
  }
  const health = await sender.send(get(new URL('/', url)));
  if (!isHealthDocument(health.body)) return null;
  return { app: null, namesTarget: false, isTransparent: false };
}

/** The URL that the listener's forwarder sends a request for `url` to. */
function appBehind(forwardTo: string, url: URL): URL {
  const target = new URL(forwardTo);
  return new URL(pathAtTarget(target, `${url.pathname}${url.search}`), target);
}

function readDocument(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(body.toString('utf8'));
    return typeof document === 'object' && document !== null ? { ...document } : {};
  } catch {
    return {};
  }
}
