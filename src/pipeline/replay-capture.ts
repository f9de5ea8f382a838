import { isLosslessNumber, parse, stringify } from 'lossless-json';
import { errorMessage, RelyableError } from '../errors.ts';
import { endToEndHeaders, withTargetHost } from '../http/headers.ts';
import type { Outgoing, SendResult } from '../http/client/send.ts';
import { pathAtTarget } from '../http/target.ts';
import type { Forward } from '../request/capture.ts';
import { applyOverrides, formatPath, type Override } from '../json/overrides.ts';
import type { JsonObject } from '../json/json-value.ts';
import { replaceHeader, withLength } from '../request/raw.ts';
import { SIGNATURE_HEADER, toHeaderPairs, type WebhookRequest } from '../request/request.ts';
import { signPayload } from '../signature/sign.ts';

/** The changes to a capture before it is sent again. */
export interface ReplayChanges {
  readonly overrides: readonly Override[];
  /** Signs again with this secret; undefined keeps the received signature. */
  readonly secret: string | undefined;
}

/**
 * The request that sends a capture to a target, with the body and headers as received, but without
 * hop-by-hop headers. `Host` names the target, as in a forward.
 */
export function toReplay(
  capture: WebhookRequest,
  target: URL,
  { overrides, secret }: ReplayChanges,
): Outgoing {
  const body = overrides.length === 0 ? capture.body : editBody(capture.body, overrides);
  let headers = withLength(
    toHeaderPairs(withTargetHost(endToEndHeaders(capture.headers), target.host)),
    body.length,
  );
  if (secret !== undefined) {
    headers = replaceHeader(headers, SIGNATURE_HEADER, signPayload(body, secret));
  }
  const url = new URL(`${target.origin}${pathAtTarget(target, pathOf(capture.path))}`);
  return { method: capture.method, url, headers, body };
}

/** The result of a replay as an attempt of its capture. */
export function toForward(
  outgoing: Outgoing,
  result: SendResult,
  { at, changes }: { readonly at: number; readonly changes: ReplayChanges },
): Forward {
  return {
    kind: 'replay',
    at,
    url: outgoing.url.href,
    status: result.status,
    durationMs: result.durationMs,
    error: result.error,
    responseHeaders: result.headers,
    responseBody: result.body,
    edited: changes.overrides.length > 0,
    ...(changes.secret === undefined ? {} : { resigned: true }),
  };
}

/** The path to send. If a proxy recorded a whole URL, only its path is used. */
function pathOf(path: string): string {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(path)?.[1];
  const own = absolute ?? path;
  return own.startsWith('/') ? own : `/${own}`;
}

/** The payload with the overrides applied. Unchanged numbers keep their digits. */
function editBody(body: Buffer, overrides: readonly Override[]): Buffer {
  let payload: unknown;
  try {
    payload = parse(body.toString('utf8'));
  } catch (error) {
    throw new RelyableError(
      'USAGE',
      `--set: expected a JSON body in the capture: ${errorMessage(error)}`,
      { cause: error },
    );
  }
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  if (!isObject || isLosslessNumber(payload)) {
    throw new RelyableError('USAGE', '--set: expected a JSON object as the body of the capture');
  }
  for (const { path } of overrides) refuseNumberOnTheWay(payload, path);
  return Buffer.from(stringify(applyOverrides(payload as JsonObject, overrides)) ?? '', 'utf8');
}

/** Throws if a path leads into a number, because the lossless parser represents numbers as objects. */
function refuseNumberOnTheWay(payload: unknown, path: Override['path']): void {
  let current = payload;
  for (const [depth, step] of path.entries()) {
    if (isLosslessNumber(current)) {
      const place = formatPath(path.slice(0, depth));
      throw new RelyableError('USAGE', `--set ${formatPath(path)}: ${place} is a number`);
    }
    if (typeof current !== 'object' || current === null) return;
    current = Object.hasOwn(current, step) ? (current as Record<string, unknown>)[step] : undefined;
  }
}
