import type { SentDocument } from '../api-types.ts';
import { formatMs, safe } from './format.ts';

/** How an attempt ended, in words and a mark as well as in colour. */
export function Outcome({ status }: { readonly status: number | null }) {
  if (status === null) return <span class="badge bad">✗ no answer</span>;
  if (status === 200) return <span class="badge good">✓ 200</span>;
  return <span class={`badge ${status < 400 ? 'odd' : 'bad'}`}>{`✗ ${status}`}</span>;
}

export function describeSent({ type, status, url, durationMs, error }: SentDocument): string {
  const what = type === 'replay' ? 'Replayed to' : 'Sent to';
  if (status === null) return `${what} ${url}: ${safe(error ?? 'no answer')}`;
  return `${what} ${url}: ${status} after ${formatMs(durationMs)}`;
}
