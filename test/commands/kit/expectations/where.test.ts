import { describe, expect, test } from 'vitest';
import { meetsWhere, parseWhere } from '../../../../src/commands/kit/expectations/where.ts';

const PAYLOAD = {
  event: 'test_run.completed',
  timestamp: '2025-01-16T15:38:00Z',
  data: {
    score: 73.5,
    total_calls: 5,
    agent_name: 'Real Estate Inbound Agent',
    scenarios_tested: ['scenario_buying_1', 'scenario_selling_1'],
    passed: true,
    note: null,
  },
};

describe('a condition', () => {
  test.for([
    ['data.score=73.5', true],
    ['data.score=73.50', true],
    ['data.score!=73.5', false],
    ['data.score>=73.5', true],
    ['data.score > 73.5', false],
    ['data.score<80', true],
    ['data.score<=73', false],
    ['data.total_calls=5', true],
    ['data.total_calls="5"', true],
    ['data.agent_name=Real Estate Inbound Agent', true],
    ['data.agent_name~Inbound', true],
    ['data.agent_name~^Inbound', false],
    ['data.scenarios_tested[1]=scenario_selling_1', true],
    ['data.scenarios_tested.0~buying', true],
    ['data.passed=true', true],
    ['data.note=null', true],
    ['timestamp>2025-01-01T00:00:00Z', true],
    ['timestamp<2025-01-01T00:00:00Z', false],
    // What is not there meets nothing but !=.
    ['data.missing=1', false],
    ['data.missing!=1', true],
    ['data.missing>=0', false],
    ['data.missing~.', false],
    // Properties that every object inherits are not part of a payload.
    ['data.constructor~.', false],
    ['data.__proto__!=1', true],
    // No order between a text and a number.
    ['data.passed>0', false],
  ] as const)('%s is %s', ([text, isMet]) => {
    expect(meetsWhere(PAYLOAD, parseWhere(text, '--where'))).toBe(isMet);
  });

  test('of a body that is not JSON is not met', () => {
    expect(meetsWhere(undefined, parseWhere('event=x', '--where'))).toBe(false);
  });

  test.for(['', 'data.score', '>=80', 'data score>1', '...=1', 'data.x~('])(
    'refuses "%s"',
    (text) => {
      expect(() => parseWhere(text, '--where')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
