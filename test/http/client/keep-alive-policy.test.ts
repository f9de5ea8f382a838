import { describe, expect, it } from 'vitest';
import { KeepAlivePolicy } from '../../../src/http/client/keep-alive-policy.ts';

describe('after a complete answer a connection', () => {
  it('is reused where the app says that it keeps it, and then also where it says nothing', () => {
    const policy = new KeepAlivePolicy();
    expect(policy.decide(true, false)).toBe('reuse');
    expect(policy.decide(false, false)).toBe('reuse');
  });

  it('is on probation where the app says nothing, until one has passed', () => {
    const policy = new KeepAlivePolicy();
    expect(policy.decide(false, false)).toBe('probation');
    expect(policy.decide(false, false)).toBe('probation');
    expect(policy.endProbation()).toBe(true);
    expect(policy.decide(false, false)).toBe('reuse');
  });

  it('is closed once the app has broken one before any carried a second answer', () => {
    const policy = new KeepAlivePolicy();
    policy.decide(true, false);
    policy.noteBreak();
    expect(policy.decide(true, false)).toBe('close');
    expect(policy.endProbation()).toBe(false);
  });

  it('is on probation again after a restart, however many connections that ended', () => {
    const policy = new KeepAlivePolicy();
    policy.decide(true, false);
    policy.decide(true, true);
    policy.noteBreak();
    policy.noteBreak();
    expect(policy.decide(false, false)).toBe('probation');
    expect(policy.endProbation()).toBe(true);
  });
});
