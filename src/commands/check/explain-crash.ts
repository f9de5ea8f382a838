import type { SendResult } from '../../http/client/send.ts';
import { crashCauseOf } from '../kit/crash-cause.ts';
import type { Refusal } from './check-case.ts';

/** The refusal that a 5xx stands for, with its cause if the answer contains a known error message. */
export function explainCrash(answer: SendResult | undefined): Refusal {
  const cause = answer === undefined ? null : crashCauseOf(answer.body);
  const refusal: Refusal = { topic: 'genuine-crashes', proof: ', as the plain event does' };
  return cause === null ? refusal : { ...refusal, headline: cause.what, fix: cause.fix };
}
