import { describe, expect, it } from 'vitest';
import { describeAnswers } from '../../../../src/commands/check/view/report.ts';

describe('describeAnswers', () => {
  const refused = { status: null, durationMs: 1, error: 'connection refused', body: '' };

  it('says why an answer did not come, unless the message beside it does', () => {
    expect(describeAnswers([refused], 'expected 200 twice')).toBe('connection refused');
    expect(describeAnswers([refused], 'expected 200, got none: connection refused')).toBe(
      'no answer',
    );
  });

  it('counts many answers by status', () => {
    const many = Array.from({ length: 5 }, () => ({ ...refused, status: 200, error: null }));
    expect(describeAnswers([...many, refused], '')).toBe('5 × 200, 1 × no answer; worst 1 ms');
  });
});
