import { headerValues, type WebhookRequest } from '../request.ts';

/** The URL that a capture was sent to, from its `Host` header; without one, the listener's default address. */
export function captureUrl({ headers, path }: Pick<WebhookRequest, 'headers' | 'path'>): string {
  if (/^https?:\/\//i.test(path)) return path;
  const host = headerValues(headers, 'Host')[0] ?? '';
  const isHost = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i.test(host);
  // A path without a slash (`*`, `@host/`) must not become part of the address.
  const separator = path.startsWith('/') ? '' : '/';
  return `http://${isHost ? host : 'localhost:4400'}${separator}${path}`;
}
