import { isLoopback } from '../../http/loopback.ts';
import type { SendResult } from '../../http/client/send.ts';
import { headerValues } from '../../request/request.ts';
import { explainUndelivered, MAX_ATTEMPTS } from '../../relyable/retry.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';

/** The expected answer to a request. */
export interface Expectation {
  readonly to: URL;
  readonly tamper: Tamper | undefined;
  readonly expected: readonly number[];
}

/** What to do about an unexpected answer, or no answer, in one line; null if there is no advice. */
export function adviseOn(
  answer: Pick<SendResult, 'status' | 'headers' | 'error'> & { readonly n?: number },
  { to, tamper, expected }: Expectation,
): string | null {
  const { status } = answer;
  if (status === null) return adviseOnNoAnswer(answer.error ?? '', to);
  if (expected.includes(status)) return null;
  if (tamper !== undefined) return adviseOnTampered(status, tamper, expected);
  const [location] = headerValues(answer.headers, 'Location');
  if (status >= 300 && status < 400 && location !== undefined) {
    return `your app answered ${status}, which Relyable counts as a failure and will retry; it points to ${location}`;
  }
  if (status === 404 || status === 405) {
    return `no POST route at ${to.pathname} (${status}): name your handler's route, e.g. --to ${to.origin}/webhooks/relyable`;
  }
  if (answer.n === MAX_ATTEMPTS) {
    return `after ${MAX_ATTEMPTS} attempts Relyable marks the delivery as failed and notifies you by e-mail`;
  }
  return explainUndelivered(status);
}

function adviseOnNoAnswer(error: string, to: URL): string | null {
  if (error.includes('connection refused') && isLoopback(to)) {
    return `start your app on port ${to.port || '80'}, or receive there with: relyable webhooks listen --port ${to.port || '80'}`;
  }
  if (error.startsWith('no complete answer')) {
    return 'answer 200 immediately and do the work afterwards; --timeout waits longer';
  }
  return null;
}

function adviseOnTampered(
  status: number,
  tamper: Tamper,
  expected: readonly number[],
): string | null {
  const wanted = expected.join(' or ');
  if (status >= 200 && status < 300) {
    return `your app accepted a tampered request (--tamper ${tamper}): compare X-Relyable-Signature with the HMAC-SHA256 of the raw body, and answer ${wanted} where they differ`;
  }
  if (status >= 500) {
    return `your app failed instead of refusing the request: Relyable retries after ${status}, so answer ${wanted}`;
  }
  return `your app answered ${status}, expected ${wanted}; --expect-status ${status} accepts it`;
}
