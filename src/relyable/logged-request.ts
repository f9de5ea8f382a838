import {
  FIELD_VALUE,
  type HeaderPair,
  hasHeader,
  headerValues,
  isSameHeader,
  SIGNATURE_HEADER,
  TOKEN,
  type WebhookRequest,
} from '../request/request.ts';
import { signPayload } from '../signature/sign.ts';
import type { Delivery } from './delivery.ts';

/** The request of a delivery, as far as the log has it. */
export interface LoggedRequest {
  readonly request: WebhookRequest;
  /** The log has the signature; some show only that there was one, e.g. `***`. */
  readonly isSigned: boolean;
}

/** A signature as Relyable sends it (vendor page, "Verifying Webhooks"). */
const SIGNATURE = /^[0-9a-f]{64}$/i;

/** Headers that belong to the connection of the attempt; a new request has its own. */
const OF_THE_CONNECTION = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

/**
 * The request that a delivery sent, with the bytes, path and headers of the log. Headers that HTTP
 * cannot carry are left out. null where the log does not have the payload.
 */
export function requestOf({
  requestBody,
  requestHeaders,
  endpoint,
}: Pick<Delivery, 'requestBody' | 'requestHeaders' | 'endpoint'>): LoggedRequest | null {
  if (requestBody === null || requestBody === '') return null;
  const logged = Object.entries(requestHeaders).filter(
    ([name, value]) =>
      TOKEN.test(name) && FIELD_VALUE.test(value) && !OF_THE_CONNECTION.has(name.toLowerCase()),
  );
  const isSigned = headerValues(logged, SIGNATURE_HEADER).some((value) => SIGNATURE.test(value));
  const headers: HeaderPair[] = isSigned
    ? logged
    : logged.filter(([name]) => !isSameHeader(name, SIGNATURE_HEADER));
  // An app's parser goes by it; Relyable sends JSON.
  if (!hasHeader(headers, 'Content-Type')) headers.push(['Content-Type', 'application/json']);
  return {
    request: {
      method: 'POST',
      path: pathOf(endpoint),
      httpVersion: '1.1',
      headers,
      body: Buffer.from(requestBody, 'utf8'),
    },
    isSigned,
  };
}

/** The request as it is sent again: signed with this secret where the log has no signature. */
export function signWhereMissing(
  { request, isSigned }: LoggedRequest,
  secret: string,
): WebhookRequest {
  if (isSigned) return request;
  const signature: HeaderPair = [SIGNATURE_HEADER, signPayload(request.body, secret)];
  return { ...request, headers: [...request.headers, signature] };
}

function pathOf(endpoint: string | null): string {
  if (endpoint === null || !URL.canParse(endpoint)) return '/';
  const { pathname, search } = new URL(endpoint);
  return `${pathname.startsWith('/') ? pathname : '/'}${search}`;
}
