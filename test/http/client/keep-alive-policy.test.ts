import { describe, expect, it } from 'vitest';
import { createKeeping } from '../../../src/http/client/keep-alive-policy.ts';

describe('a connection behind a whole answer', () => {
  it('is used again where the app says that it keeps it, and then also where it says nothing', () => {
    const keeping = createKeeping();
    expect(keeping.judge(true, false)).toBe('use');
    expect(keeping.judge(false, false)).toBe('use');
  });

  it('must prove itself where the app says nothing, until one did', () => {
    const keeping = createKeeping();
    expect(keeping.judge(false, false)).toBe('prove');
    expect(keeping.judge(false, false)).toBe('prove');
    expect(keeping.prove()).toBe(true);
    expect(keeping.judge(false, false)).toBe('use');
  });

  it('is closed once the app has broken one before any carried a second answer', () => {
    const keeping = createKeeping();
    keeping.judge(true, false);
    keeping.disprove();
    expect(keeping.judge(true, false)).toBe('drop');
    expect(keeping.prove()).toBe(false);
  });

  it('may prove itself again after a restart, however many connections that ended', () => {
    const keeping = createKeeping();
    keeping.judge(true, false);
    keeping.judge(true, true);
    keeping.disprove();
    keeping.disprove();
    expect(keeping.judge(false, false)).toBe('prove');
    expect(keeping.prove()).toBe(true);
  });
});
