import { timingSafeEqual } from 'node:crypto';
import { headerValues } from '../../request/request.ts';
import { answerJson, type ReceivedRequest } from './receive.ts';

/** The header of a request that checks whether a public address leads to this listener. */
export const CHECK_HEADER = 'X-Relyable-Check';

/** The requests that this process sent to its own public address and that have not come back yet. */
export class NonceChecks {
  private readonly expected = new Map<string, () => void>();

  /** Calls `onArrival` when a request with this nonce comes in; the returned function cancels it. */
  expect(nonce: string, onArrival: () => void): () => void {
    this.expected.set(nonce, onArrival);
    return () => void this.expected.delete(nonce);
  }

  /** Answers a request that carries an expected nonce; false for every other request. */
  answer({ headers, response }: ReceivedRequest): boolean {
    if (this.expected.size === 0) return false;
    const [given] = headerValues(headers, CHECK_HEADER);
    if (given === undefined) return false;
    for (const [nonce, onArrival] of this.expected) {
      if (!isEqual(nonce, given)) continue;
      this.expected.delete(nonce);
      answerJson(response, 200, { received: true });
      onArrival();
      return true;
    }
    return false;
  }
}

function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
