import { type HeaderPair, SIGNATURE_HEADER } from '../request.ts';
import type { FoundRequest } from './input.ts';

/** A request with this body, which was saved without headers, and this signature. */
export function requestOfBody(body: Buffer, signature: string): FoundRequest {
  const headers: HeaderPair[] = [
    ['Content-Length', String(body.length)],
    [SIGNATURE_HEADER, signature],
  ];
  return {
    kind: 'request',
    request: { method: 'POST', path: '/', httpVersion: '1.1', headers, body },
    note: null,
  };
}
