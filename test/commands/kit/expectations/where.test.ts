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
    ['data.score!=80', true],
    ['data.score=80', false],
    ['data.agent_name!=x', true],
    // At the limit itself, above and below it.
    ['data.score>73.5', false],
    ['data.score>73.4', true],
    ['data.score>=73.6', false],
    ['data.score<73.5', false],
    ['data.score<73.6', true],
    ['data.score<=73.5', true],
    ['data.score<=73.4', false],
    ['timestamp>2025-01-16T15:38:00Z', false],
    ['timestamp>=2025-01-16T15:38:00Z', true],
    ['timestamp<2025-01-16T15:38:00Z', false],
    ['timestamp<=2025-01-16T15:38:00Z', true],
    ['timestamp<2026', true],
    ['timestamp>=2026', false],
    ['timestamp<=2024', false],
    // A number and a text have no order, whichever comes first.
    ['data.score>abc', false],
    ['data.score<abc', false],
    ['data.note>=0', false],
    ['data.note.deep=1', false],
    ['data.note.deep!=1', true],
    ['data.agent_name~^Real', true],
    ['data.agent_name~\\p{L}+ Inbound', true],
    ['data.score~^73', true],
    ['data.scenarios_tested[0]~buying', true],
    ['data.scenarios_tested=["scenario_buying_1","scenario_selling_1"]', true],
    ['  data.score  >=  70  ', true],
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

  test.for(['', 'data.score', '>=80', 'data score>1', '...=1', '=', '.>1'])(
    'refuses "%s" with an example and the operators',
    (text) => {
      expect(() => parseWhere(text, '--where')).toThrow(
        expect.objectContaining({
          code: 'USAGE',
          message: `--where: expected a condition such as data.score>=80, got "${text}"`,
          hint: 'operators are != >= <= = > < ~; quote the condition for your shell',
        }),
      );
    },
  );

  test('refuses what is not a regular expression', () => {
    expect(() => parseWhere('data.x~(', '--where')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: '--where: "(" is not a regular expression',
        cause: expect.any(SyntaxError),
      }),
    );
  });

  test('has its path, operator and value', () => {
    expect(parseWhere('data.list[0].x!=', '--where')).toEqual({
      text: 'data.list[0].x!=',
      path: ['data', 'list', '0', 'x'],
      operator: '!=',
      value: '',
    });
    expect(parseWhere('a~^b$', '--where').value).toEqual(/^b$/u);
  });
});
