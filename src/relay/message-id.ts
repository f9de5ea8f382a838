import { createHash } from 'node:crypto';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../request/request.ts';

/**
 * The id by which the stream recognises a delivery that it has: Relyable's retry has the same path,
 * signature and bytes. The signature is part of it, so that a forged copy cannot take the place of the
 * genuine request.
 */
export function messageIdOf({ path, headers, body }: WebhookRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([path, headerValues(headers, SIGNATURE_HEADER)]))
    .update('\0')
    .update(body)
    .digest('base64url');
}
