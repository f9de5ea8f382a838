import { expect, it } from 'vitest';
import { expandEventTypes } from '../../../src/commands/kit/event-types.ts';

it.each([
  [[], undefined],
  [['all'], undefined],
  [['test_run.failed', '*'], undefined],
  [['test_run.*'], ['test_run.completed', 'test_run.failed']],
  [
    ['agent.*', 'test_run.failed'],
    ['agent.score_dropped', 'test_run.failed'],
  ],
  [['new.type'], ['new.type']],
])('%j stands for %j', (names, types) => {
  expect(expandEventTypes('--events', names)).toEqual(types);
});

it('a pattern of no type is refused', () => {
  expect(() => expandEventTypes('--events', ['run.*'])).toThrow(
    '--events: no event type begins as "run.*"',
  );
});
