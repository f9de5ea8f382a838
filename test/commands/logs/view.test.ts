import { expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import { formatTailNote } from '../../../src/commands/logs/view.ts';

it('says what happens to the connection, safe for a terminal', () => {
  const error = new RelyableError('UNREACHABLE', 'api\u001B[2J cannot be reached');
  expect(formatTailNote({ type: 'lost', error })).toBe(
    'api\\u{1b}[2J cannot be reached; retrying until it answers',
  );
  expect(formatTailNote({ type: 'back', afterMs: 5000 })).toBe('the API answers again after 5.0 s');
  expect(formatTailNote({ type: 'catching_up', deliveries: 5000 })).toBe(
    'catching up: 5,000 deliveries so far',
  );
});
