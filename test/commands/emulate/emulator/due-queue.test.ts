import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDueQueue } from '../../../../src/commands/emulate/emulator/due-queue.ts';

it('gives the earliest first, and those of one moment in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = createDueQueue<number>();
      for (const [index, at] of times.entries()) queue.add(at, index);
      const taken = times.map(() => queue.take() ?? -1);
      const expected = [...times.keys()].sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
      expect(taken).toEqual(expected);
      expect(queue.size).toBe(0);
      expect(queue.nextAt()).toBeUndefined();
    }),
  );
});
