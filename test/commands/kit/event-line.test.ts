import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import {
  describeAnswer,
  type EventCells,
  formatEventLine,
} from '../../../src/commands/kit/event-line.ts';
import { toAscii } from '../../../src/terminal/charset.ts';
import { displayWidth } from '../../../src/terminal/width.ts';

const cells = (changes: Partial<EventCells> = {}): EventCells => ({
  time: '10:00:00',
  outcome: describeAnswer(200, 12),
  isValid: true,
  event: 'test_run.completed',
  subjectId: 'run_1234567890',
  id: 'cap_0123456789abcdef',
  ...changes,
});

const line = (changes: Partial<EventCells>, columns: number, legible = (text: string) => text) =>
  formatEventLine(cells(changes), { style: new Chalk({ level: 0 }), columns, legible });

it('cuts the subject, then the event, and never the id', () => {
  expect(line({}, 80)).toBe(
    '10:00:00  → 200   12 ms  ✓  test_run.completed  run_12345…  cap_0123456789abcdef',
  );
  expect(line({}, 72)).toBe(
    '10:00:00  → 200   12 ms  ✓  test_run.completed      cap_0123456789abcdef',
  );
  expect(line({}, 64)).toBe('10:00:00  → 200   12 ms  ✓  …run.completed  cap_0123456789abcdef');
  expect(line({}, 40)).toBe('10:00:00  → 200   12 ms  ✓  …mpleted  cap_0123456789abcdef');
});

it('has room for a word and for whole columns in a wide terminal', () => {
  const whole =
    '10:00:00  → 200   12 ms  ✓ signature  test_run.completed          run_1234567890    cap_0123456789abcdef';
  for (const columns of [110, 200, Infinity]) expect(line({}, columns)).toBe(whole);
});

it('aligns outcomes of every kind', () => {
  const outcomes = [
    describeAnswer(200, 0.4),
    describeAnswer(500, 123_000),
    describeAnswer(null, 30_000),
    { text: 'answered 401', tone: 'plain' },
    { text: 'not forwarded', tone: 'plain' },
  ] as const;
  expect(outcomes.map((outcome) => line({ outcome, subjectId: null }, 80).slice(0, 46))).toEqual([
    '10:00:00  → 200  0.4 ms  ✓  test_run.completed',
    '10:00:00  → 500  2m 03s  ✓  test_run.completed',
    '10:00:00  → no answer    ✓  test_run.completed',
    '10:00:00  answered 401   ✓  test_run.completed',
    '10:00:00  not forwarded  ✓  test_run.completed',
  ]);
});

it.each([60, 72, 80, 92, 105, 140])('fits %i columns, whatever comes', (columns) => {
  for (const event of [
    null,
    'a',
    'test_case.critical_failure',
    'x'.repeat(90),
    '日本語のイベント'.repeat(4),
  ]) {
    for (const subjectId of [null, 'r', 'run_xyz789', 'agent_日本語'.repeat(9), 'y'.repeat(200)]) {
      for (const legible of [(text: string) => text, toAscii]) {
        const text = line({ event, subjectId }, columns, legible);
        expect(displayWidth(legible(text)), text).toBeLessThanOrEqual(columns);
        expect(text).toMatch(/cap_0123456789abcdef$/);
      }
    }
  }
});
