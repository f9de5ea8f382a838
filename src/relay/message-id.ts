import { createHash } from 'node:crypto';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../request/request.ts';

/**
 * The id by which the stream recognises a repeated delivery: a retry by Relyable has the same path,
 * signature and bytes. The id includes the signature, so that a forged copy cannot replace the genuine
 * request.
 */
export function messageIdOf({ path, headers, body }: WebhookRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([path, headerValues(headers, SIGNATURE_HEADER)]))
    .update('\0')
    .update(body)
    .digest('base64url');
}
