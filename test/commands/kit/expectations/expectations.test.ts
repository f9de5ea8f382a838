import { describe, expect, test } from 'vitest';
import {
  Expectations,
  type Observation,
  parseExpectation,
  type Verdict,
} from '../../../../src/commands/kit/expectations/expectations.ts';
import { observeDelivery } from '../../../../src/commands/listen/observe-delivery.ts';
import { parseWhere } from '../../../../src/commands/kit/expectations/where.ts';

let made = 0;

function delivery(
  event: string,
  rest: {
    status?: number;
    complete?: boolean;
    valid?: boolean;
    data?: object;
    error?: string;
  } = {},
): Observation {
  made += 1;
  const { status = 200, complete = true, valid = true, data = {}, error = null } = rest;
  return observeDelivery({
    type: 'delivery',
    isResigned: false,
    id: `cap_${made}`,
    receivedAt: 0,
    event,
    readEventId: () => `sha256:${made}`,
    subjectId: null,
    isJson: true,
    readPayload: () => ({ event, data }),
    bodyBytes: 0,
    duplicateOf: null,
    verification: {
      valid,
      reason: valid ? 'ok' : 'secret_wrong_or_body_changed',
      reasons: [],
      detail: '',
      fix: null,
      secretSource: null,
    },
    forward:
      error === null
        ? null
        : {
            kind: 'forward',
            at: 0,
            url: '',
            status: null,
            durationMs: 0,
            error,
            responseHeaders: [],
            responseBody: Buffer.alloc(0),
            edited: false,
          },
    source: 'http',
    client: null,
    isFiltered: false,
    isProbe: false,
    answered: { status, complete },
    warnings: [],
  });
}

function expectations(
  expected: string[],
  rest: { where?: string[]; exitAfter?: number } = {},
): Expectations {
  return new Expectations({
    expected: expected.map((text) => parseExpectation(text, '--expect')),
    where: (rest.where ?? []).map((text) => parseWhere(text, '--where')),
    exitAfter: rest.exitAfter ?? null,
  });
}

/** The verdict after each delivery. */
function verdicts(machine: Expectations, all: Observation[]): Verdict[] {
  return all.map((one) => machine.add(one));
}

describe('what was expected', () => {
  test('is met once every type came as often as asked for', () => {
    const machine = expectations(['test_run.completed:2', 'test_run.failed']);
    const came = ['test_run.completed', 'test_run.failed', 'test_run.completed'].map((event) =>
      delivery(event),
    );
    expect(verdicts(machine, came)).toEqual(['waiting', 'waiting', 'met']);
  });

  test('counts only what was verified and answered 200', () => {
    const machine = expectations(['test_run.completed']);
    const came = [
      delivery('test_run.completed', { valid: false, status: 401 }),
      delivery('test_run.completed', { status: 500 }),
      delivery('test_run.completed', { status: 204 }),
      delivery('test_run.completed', { status: 502, error: 'nothing listens' }),
      delivery('test_run.completed', { complete: false }),
      delivery('test_run.completed'),
    ];
    const waiting = came.slice(1).map(() => 'waiting');
    expect(verdicts(machine, came)).toEqual([...waiting, 'met']);
    const [state] = machine.conclude(true).expectations;
    expect(state?.mismatches.map(({ why }) => why)).toEqual([
      'signature not valid (secret_wrong_or_body_changed)',
      'answered 500',
      'answered 204',
      'answered 502: nothing listens',
      'the sender did not get the whole answer',
    ]);
  });

  test('counts only what meets every condition, and says what came instead', () => {
    const machine = expectations(['test_run.completed'], {
      where: ['data.score>=80', 'data.agent_name~^Real'],
    });
    const came = [
      delivery('test_run.completed', { data: { score: 73.5, agent_name: 'Real Estate' } }),
      delivery('test_run.completed', { data: { score: 90 } }),
      delivery('test_run.completed', { data: { score: 80, agent_name: 'Real Estate' } }),
    ];
    expect(verdicts(machine, came)).toEqual(['waiting', 'waiting', 'met']);
    expect(machine.conclude(true).expectations[0]?.mismatches.map(({ why }) => why)).toEqual([
      'data.score>=80: it is 73.5',
      'data.agent_name~^Real: no such field',
    ]);
  });

  test('names what came unasked', () => {
    const machine = expectations(['test_run.completed']);
    machine.add(delivery('agent.score_dropped'));
    machine.add(delivery('agent.score_dropped'));
    expect(machine.conclude(true)).toMatchObject({
      verdict: 'waiting',
      deliveries: 2,
      others: { 'agent.score_dropped': 2 },
    });
  });

  test('is out of reach when more is missing than may still come', () => {
    const machine = expectations(['test_run.completed:2'], { exitAfter: 3 });
    const came = ['test_run.failed', 'test_run.failed', 'test_run.completed'];
    expect(
      verdicts(
        machine,
        came.map((event) => delivery(event)),
      ),
    ).toEqual(['waiting', 'impossible', 'impossible']);
  });
});

describe('at the end', () => {
  test('what is missing is waited for if it may still come, else out of reach', () => {
    const machine = expectations(['test_run.completed'], { exitAfter: 2 });
    machine.add(delivery('test_run.failed'));
    expect(machine.conclude(true).verdict).toBe('waiting');
    expect(machine.conclude(false).verdict).toBe('impossible');
  });

  test('what comes after it was met changes nothing', () => {
    const machine = expectations(['test_run.completed', 'test_run.failed:0'], { exitAfter: 1 });
    const came = ['test_run.completed', 'test_run.failed', 'test_run.completed'];
    expect(
      verdicts(
        machine,
        came.map((event) => delivery(event)),
      ),
    ).toEqual(['met', 'met', 'met']);
    expect(machine.conclude(true)).toMatchObject({ verdict: 'met', deliveries: 1 });
  });
});

describe('a type that must not come', () => {
  test('ends it at once when it comes', () => {
    const machine = expectations(['test_run.completed', 'test_run.failed:0']);
    expect(machine.add(delivery('test_run.failed'))).toBe('impossible');
  });

  test('does not hold up the others', () => {
    const machine = expectations(['test_run.completed', 'test_run.failed:0']);
    expect(machine.add(delivery('test_run.completed'))).toBe('met');
  });

  test('alone waits for the end', () => {
    const machine = expectations(['test_run.failed:0']);
    expect(machine.add(delivery('test_run.completed'))).toBe('waiting');
    expect(machine.conclude(true).verdict).toBe('met');
  });

  test('does not come when it was refused', () => {
    const machine = expectations(['test_run.failed:0']);
    expect(machine.add(delivery('test_run.failed', { valid: false, status: 401 }))).toBe('waiting');
  });
});

describe('a number of deliveries alone', () => {
  test('is met when all of them went well', () => {
    const machine = expectations([], { exitAfter: 2 });
    expect(verdicts(machine, [delivery('a'), delivery('b')])).toEqual(['waiting', 'met']);
  });

  test('is not met when one did not', () => {
    const machine = expectations([], { exitAfter: 2 });
    expect(verdicts(machine, [delivery('a', { status: 500 }), delivery('b')])).toEqual([
      'waiting',
      'impossible',
    ]);
    expect(machine.conclude(true).failures).toHaveLength(1);
  });
});

describe('a time limit alone', () => {
  test('is met unless a delivery went wrong', () => {
    const machine = expectations([]);
    expect(machine.add(delivery('a'))).toBe('waiting');
    expect(machine.conclude(true).verdict).toBe('met');
    expect(machine.add(delivery('b', { status: 500 }))).toBe('waiting');
    expect(machine.conclude(true).verdict).toBe('impossible');
  });

  test('is not met when fewer deliveries came than were asked for', () => {
    const machine = expectations([], { exitAfter: 3 });
    machine.add(delivery('a'));
    expect(machine.conclude(true).verdict).toBe('waiting');
    machine.add(delivery('a', { status: 500 }));
    expect(machine.conclude(true).verdict).toBe('impossible');
  });
});

describe('--expect', () => {
  test.for([
    ['test_run.completed', { event: 'test_run.completed', count: 1 }],
    ['test_run.completed:3', { event: 'test_run.completed', count: 3 }],
    ['test_run.failed:0', { event: 'test_run.failed', count: 0 }],
  ] as const)('%s', ([text, expectation]) => {
    expect(parseExpectation(text, '--expect')).toEqual(expectation);
  });

  test.for(['', ':2', 'a:b', 'a:-1', 'a b', 'a:1.5'])('refuses "%s"', (text) => {
    expect(() => parseExpectation(text, '--expect')).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
