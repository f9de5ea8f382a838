import type { ServerResponse } from 'node:http';
import { answerJson } from '../http/server/receive.ts';
import type { Verification } from '../signature/verify.ts';

/** 200: the capture is stored. The answer does not depend on the app. */
export function respondStored(response: ServerResponse, id: string): void {
  answerJson(response, 200, { received: true, id });
}

/** 401: the signature is missing or not valid. */
export function respondUnverified(response: ServerResponse, { reason }: Verification): void {
  const error = reason === 'secret_wrong_or_body_changed' ? 'signature_invalid' : reason;
  answerJson(response, 401, { error, message: 'the signature is missing or not valid' });
}

/** 502: the app gave no complete answer. */
export function respondUnreachable(response: ServerResponse, reason: string | null): void {
  answerJson(response, 502, { error: 'app_unreachable', message: reason });
}

/** 503: not stored, so that Relyable retries. */
export function respondNotStored(response: ServerResponse): void {
  answerJson(response, 503, {
    error: 'not_stored',
    message: 'the request could not be stored; send it again',
  });
}
