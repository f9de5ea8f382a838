import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../../src/commands/trigger/timestamp.ts';

describe('parseTimestamp', () => {
  it.each(['now', 'sample', '2025-01-16T15:38:00Z', '2025-01-16T15:38:00.123+02:00'])(
    '%s',
    (text) => {
      expect(parseTimestamp(text, '--timestamp')).toBe(text);
    },
  );
  it.each([
    '',
    'yesterday',
    '2025-01-16',
    '2025-13-01T00:00:00Z',
    '2025-01-16T15:38:00',
    '1737041880',
  ])('refuses %j', (text) => {
    expect(() => parseTimestamp(text, '--timestamp')).toThrow('expected now, sample or a time');
  });
});
