import type { SendResult } from '../../http/client/send.ts';
import { signPayload } from '../../signature/sign.ts';
import type { CheckRequest, Complaint, Exchange, Facts } from './check-case.ts';
import { describeAnswer } from './judge.ts';

/** A shorter secret may stand in an answer by chance, characters. */
export const SHORTEST_SECRET = 12;

/**
 * Whether an answer contains the signing secret, or the right signature of a request that did not carry
 * it. Either of the two lets anyone forge requests.
 */
export function findLeak(
  { requests, answers }: Pick<Exchange, 'requests' | 'answers'>,
  { secret }: Facts,
): Complaint | null {
  for (const [at, request] of requests.entries()) {
    const answer = answers[at];
    if (answer === undefined) continue;
    const text = textOf(answer);
    const where = `the answer with ${describeAnswer(answer)} holds`;
    if (secret.length >= SHORTEST_SECRET && holdsToken(text, secret)) {
      const message = `${where} the signing secret`;
      return { topic: 'leaks-secret', severity: 'error', message, at };
    }
    if (rightSignatures(request, secret).some((signature) => text.includes(signature))) {
      const message = `${where} the right signature, which the request did not`;
      return { topic: 'leaks-signature', severity: 'error', message, at };
    }
  }
  return null;
}

function textOf({ headers, body }: SendResult): string {
  return [...headers.map(([, value]) => value), body.toString('utf8')].join('\n');
}

/** Whether a text contains a token that is not part of a longer word. */
function holdsToken(text: string, token: string): boolean {
  const isPart = (character: string | undefined): boolean => /^\w$/.test(character ?? '');
  for (let at = text.indexOf(token); at !== -1; at = text.indexOf(token, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + token.length])) return true;
  }
  return false;
}

/** The signature of a request's body in each notation, except those that the request itself carries. */
function rightSignatures({ headers, body }: CheckRequest, secret: string): string[] {
  const hex = signPayload(body, secret);
  const bytes = Buffer.from(hex, 'hex');
  const notations = [
    hex,
    hex.toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    JSON.stringify([...bytes]).slice(1, -1),
  ];
  const sent = headers.map(([, value]) => value);
  const isKnown = notations.some((notation) => sent.some((value) => value.includes(notation)));
  return isKnown ? [] : notations;
}
