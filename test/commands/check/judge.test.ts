import { expect, it } from 'vitest';
import type { CheckRequest, Facts } from '../../../src/commands/check/check-case.ts';
import { judgeRefusal } from '../../../src/commands/check/judge.ts';
import type { SendResult } from '../../../src/http/client/send.ts';

const event = 'test_run.completed';
const facts = {
  usual: { [event]: 500 },
  refusals: { [event]: { topic: 'genuine-crashes', proof: '' } },
} as unknown as Facts;

function judge(body: string): ReturnType<typeof judgeRefusal> {
  const answers = [{ status: 500, body: Buffer.from(body) } as unknown as SendResult];
  const requests = [{ event } as CheckRequest];
  return judgeRefusal({ requests, answers }, facts, 'forged-accepted');
}

it('says of a crash on a forged event the cause that its answer proves', () => {
  const complaint = judge("AttributeError: 'bytes' object has no attribute 'encode'");
  expect(complaint).toMatchObject({ topic: 'genuine-crashes', severity: 'error' });
  expect(complaint?.headline).toContain('.encode()');
});

it('says no cause where the answer has none', () => {
  expect(judge('Internal Server Error')).toMatchObject({
    topic: 'genuine-crashes',
    message: 'expected 401, got 500, as the plain event does',
    headline: undefined,
  });
});
