import { expect, it } from 'vitest';
import { eventName } from '../../src/request/event-name.ts';

it.each([
  ['test_run.completed', 'test_run.completed'],
  ['', '(no event)'],
  [null, '(no event)'],
])('%j is read as %s', (event, name) => {
  expect(eventName(event)).toBe(name);
});
