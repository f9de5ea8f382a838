import type { SendResult } from '../../http/client/send.ts';
import { crashCauseOf } from '../kit/crash-cause.ts';
import type { Refusal } from './check-case.ts';

/** What a 5xx to an event is a case of, with the cause where the answer has the error's message. */
export function explainCrash(answer: SendResult | undefined): Refusal {
  const cause = answer === undefined ? null : crashCauseOf(answer.body);
  const refusal: Refusal = { topic: 'genuine-crashes', proof: ', as the plain event does' };
  return cause === null ? refusal : { ...refusal, headline: cause.what, fix: cause.fix };
}
