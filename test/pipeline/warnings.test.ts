import { describe, expect, it } from 'vitest';
import type { HandledRequest } from '../../src/pipeline/events.ts';
import { findWarnings } from '../../src/pipeline/warnings.ts';
import type { Forward } from '../../src/request/capture.ts';
import type { Verification } from '../../src/signature/verify.ts';

const VALID: Verification = {
  valid: true,
  reason: 'ok',
  reasons: ['ok'],
  detail: 'the signature matches',
  fix: null,
  secretSource: 'test',
};

const FORWARD: Forward = {
  kind: 'forward',
  at: 0,
  url: 'http://app/',
  status: 200,
  durationMs: 5,
  error: null,
  responseHeaders: [],
  responseBody: Buffer.alloc(0),
  edited: false,
};

const GOOD: Omit<HandledRequest, 'warnings'> = {
  type: 'delivery',
  isResigned: false,
  id: 'cap_1',
  receivedAt: 0,
  event: 'test_run.completed',
  readEventId: () => 'evt_1',
  subjectId: null,
  isJson: true,
  readPayload: () => ({}),
  bodyBytes: 2,
  duplicateOf: null,
  verification: VALID,
  forward: FORWARD,
  isProbe: false,
  source: 'http',
  client: null,
  isFiltered: false,
  answered: { status: 200, complete: true },
};

function codes(changes: Partial<typeof GOOD>): string[] {
  return findWarnings({ ...GOOD, ...changes }).map(({ code }) => code);
}

describe('warnings', () => {
  it.each<[string, Partial<typeof GOOD>, string[]]>([
    ['nothing where all is well', {}, []],
    ['nothing where it was not forwarded', { forward: null }, []],
    [
      'an answer that looks fine but is not 200',
      { forward: { ...FORWARD, status: 204 } },
      ['not_200'],
    ],
    ['not a plain failure', { forward: { ...FORWARD, status: 500 } }, []],
    ['not an app that is down', { forward: { ...FORWARD, status: null, error: 'down' } }, []],
    ['an app that takes more than 5 s', { forward: { ...FORWARD, durationMs: 5001 } }, ['slow']],
    ['not one that takes 5 s', { forward: { ...FORWARD, durationMs: 5000 } }, []],
    [
      'an answer the sender did not get',
      { answered: { status: 200, complete: false } },
      ['not_received'],
    ],
    ['a repeat', { duplicateOf: 'cap_0' }, ['duplicate']],
    ['a type that is not published', { event: 'test_run.begun' }, ['unknown_event']],
    ['no type', { event: null }, ['unknown_event']],
    ['a body that is not JSON', { isJson: false, event: null }, ['not_json']],
    [
      'nothing about the payload of a forged request',
      { isJson: false, event: null, verification: { ...VALID, valid: false } },
      [],
    ],
    [
      'all at once, in one order',
      {
        forward: { ...FORWARD, status: 302, durationMs: 9000 },
        answered: { status: 302, complete: false },
        duplicateOf: 'cap_0',
        event: 'x',
      },
      ['not_200', 'not_received', 'slow', 'duplicate', 'unknown_event'],
    ],
  ])('%s', (_, changes, expected) => {
    expect(codes(changes)).toEqual(expected);
  });

  it('say what to do', () => {
    const changes = {
      forward: { ...FORWARD, status: 302, durationMs: 5140 },
      answered: { status: 302, complete: false },
      duplicateOf: 'cap_0',
      event: 'x',
    };
    expect(findWarnings({ ...GOOD, ...changes }).map(({ message }) => message)).toEqual([
      'your app answered 302: Relyable counts only 200 as delivered and will retry',
      'the sender did not get the whole answer: Relyable would retry',
      'your app took 5.1 s (over 5 s, our own limit): answer 200 at once and work afterwards',
      'the same event as cap_0: your app should handle it once',
      'not a published event type (test_run.completed, test_run.failed, agent.score_dropped, test_case.critical_failure)',
    ]);
  });

  it.each([
    [null, 'the same event as cap_0: your app should handle it once'],
    [{ captureId: 'cap_1', status: 500 }, 'retry of cap_1, which your app answered 500'],
    [{ captureId: 'cap_0', status: null }, 'retry of cap_0, which your app did not answer'],
    [
      { captureId: 'cap_0', status: 202 },
      'retry of cap_0, which your app answered 202: your app should handle it once',
    ],
  ])('of a repeat after %j say what it is', (earlier, message) => {
    const warnings = findWarnings({ ...GOOD, duplicateOf: 'cap_0' }, earlier);
    expect(warnings).toEqual([{ code: 'duplicate', message }]);
  });
});
