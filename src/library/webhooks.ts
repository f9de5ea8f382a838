import { isEventType } from '../relyable/event-type.ts';
import {
  type Claim,
  fail,
  judge,
  type RawBody,
  readClaim,
  type SignatureHeader,
  type SigningSecret,
  toBytes,
} from './claim.ts';
import { InvalidEventError } from './errors.ts';
import type { WebhookEvent } from './events.ts';

export type { RawBody, SignatureHeader, SigningSecret } from './claim.ts';
export { type FailureReason, InvalidEventError, WebhookVerificationError } from './errors.ts';
export type {
  AgentScoreDroppedEvent,
  EventOf,
  EventType,
  TestCaseCriticalFailureEvent,
  TestRunCompletedEvent,
  TestRunFailedEvent,
  UnknownEvent,
  WebhookEvent,
} from './events.ts';

/**
 * Verifies a request and returns its event. Uses WebCrypto, so it runs on Node, Deno, Bun, Cloudflare
 * Workers and other edge runtimes alike.
 *
 * @param rawBody the body as it was received, never parsed and written again
 * @param header the value of `X-Relyable-Signature`, or a `Headers` object
 * @param secret the signing secret; a list while a new one replaces an old one
 * @throws WebhookVerificationError if the signature is not right: answer 401
 * @throws InvalidEventError if the body is signed but is not an event: answer 400
 */
export async function constructEvent(
  rawBody: RawBody,
  header: SignatureHeader,
  secret: SigningSecret,
): Promise<WebhookEvent> {
  const claim = readClaim(rawBody, header, secret);
  requireMatch(claim, await computeMacs(claim));
  return parseEvent(claim);
}

/**
 * `constructEvent` without a promise. Only for runtimes that have `node:crypto`; elsewhere it throws an
 * error that says so.
 */
export function constructEventSync(
  rawBody: RawBody,
  header: SignatureHeader,
  secret: SigningSecret,
): WebhookEvent {
  const claim = readClaim(rawBody, header, secret);
  requireMatch(claim, computeMacsSync(claim));
  return parseEvent(claim);
}

/**
 * Whether the signature belongs to the body, for those who parse it themselves.
 *
 * @throws WebhookVerificationError if the body was parsed already or there is no secret
 */
export async function verifySignature(
  rawBody: RawBody,
  header: SignatureHeader,
  secret: SigningSecret,
): Promise<boolean> {
  const claim = readClaim(rawBody, header, secret);
  return judge(claim, await computeMacs(claim)) === 'ok';
}

function requireMatch(claim: Claim, macs: readonly string[]): void {
  const verdict = judge(claim, macs);
  if (verdict !== 'ok') throw fail(verdict);
}

const HMAC_SHA256 = { name: 'HMAC', hash: 'SHA-256' };

/** Importing a key costs as much as an HMAC of 1 KB, and an app has few secrets. */
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const cryptoKeys = /* @__PURE__ */ new Map<string, Promise<CryptoKey>>();
const MAX_CRYPTO_KEYS = 100;

function importKey(secret: string): Promise<CryptoKey> {
  let key = cryptoKeys.get(secret);
  if (key === undefined) {
    if (cryptoKeys.size >= MAX_CRYPTO_KEYS) cryptoKeys.clear();
    key = crypto.subtle.importKey('raw', toBytes(secret), HMAC_SHA256, false, ['sign']);
    cryptoKeys.set(secret, key);
  }
  return key;
}

async function computeMacs({ body, keys }: Claim): Promise<string[]> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Error(
      'constructEvent needs WebCrypto, which is not here: on Node, use constructEventSync',
    );
  }
  const bytes = toBytes(body);
  return Promise.all(
    keys.map(async ({ text }) =>
      toHex(await crypto.subtle.sign('HMAC', await importKey(text), bytes)),
    ),
  );
}

function toHex(mac: ArrayBuffer): string {
  let hex = '';
  for (const byte of new Uint8Array(mac)) hex += (byte + 0x100).toString(16).slice(1);
  return hex;
}

/** The part of `node:crypto` that is used; it is asked for at the call, so that bundlers see no import. */
interface NodeCrypto {
  createHmac(
    algorithm: 'sha256',
    key: string,
  ): {
    update(body: string | Uint8Array): { digest(encoding: 'hex'): string };
  };
}

/** Asking for a module takes longer than an HMAC of 1 KB. */
let nodeCrypto: NodeCrypto | undefined;

function computeMacsSync({ body, keys }: Claim): string[] {
  nodeCrypto ??= findNodeCrypto();
  const { createHmac } = nodeCrypto;
  return keys.map(({ text }) => createHmac('sha256', text).update(body).digest('hex'));
}

function findNodeCrypto(): NodeCrypto {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: 'node:crypto') => NodeCrypto | undefined };
  };
  const found = process?.getBuiltinModule?.('node:crypto');
  if (found !== undefined) return found;
  throw new Error(
    'constructEventSync needs node:crypto, which is not here: use `await constructEvent(…)`',
  );
}

/**
 * Checks only that the event is an object with an `event`, and with `data` if its type is a published one.
 * To check every field, use `relyable/schemas`.
 */
function parseEvent({ body }: Claim): WebhookEvent {
  let payload: unknown;
  try {
    payload = JSON.parse(
      typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body),
    );
  } catch {
    throw new InvalidEventError('The signature is right, but the body is not JSON in UTF-8');
  }
  const { event, data } = (payload ?? {}) as { readonly event?: unknown; readonly data?: unknown };
  if (typeof event !== 'string' || event === '') {
    throw new InvalidEventError('The signature is right, but the body has no text in "event"');
  }
  if (isEventType(event) && (typeof data !== 'object' || data === null)) {
    throw new InvalidEventError(`The signature is right, but ${event} has no object in "data"`);
  }
  return payload as WebhookEvent;
}
