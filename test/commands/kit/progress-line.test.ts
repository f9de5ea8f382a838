import { expect, it } from 'vitest';
import { formatProgressBar } from '../../../src/commands/kit/progress-line.ts';

it.each([
  [0, 40, true, '░░░░░░░░░░░░░░░░░░░░  0 of 40'],
  [39, 40, true, '███████████████████░  39 of 40'],
  [2000, 2000, true, '████████████████████  2,000 of 2,000'],
  [10, 40, false, '#####...............  10 of 40'],
])('shows %i of %i as a bar', (done, total, isUtf8, bar) => {
  expect(formatProgressBar(done, total, isUtf8)).toBe(bar);
});
