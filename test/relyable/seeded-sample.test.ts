import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../src/relyable/schema.ts';
import { EVENT_TYPES } from '../../src/relyable/event-type.ts';
import { MAX_SEED } from '../../src/relyable/seeded-random.ts';
import { createSeededSample } from '../../src/relyable/seeded-sample.ts';

describe('createSeededSample', () => {
  it('makes the same bytes everywhere and always', () => {
    const bytes = EVENT_TYPES.flatMap((type) =>
      [0, 1, 42, MAX_SEED].map((seed) => JSON.stringify(createSeededSample(type, seed))),
    ).join('\n');
    // A change here changes what every pinned seed of every user means: do not make one lightly.
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'dfbcf4a836a28a326c8f022bad15fe48327eee8d65e957182992156968c9acff',
    );
  });

  it('fits the published fields whatever the seed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...EVENT_TYPES),
        fc.integer({ min: 0, max: MAX_SEED }),
        (type, seed) => {
          expect(checkEvent(createSeededSample(type, seed))).toEqual([]);
        },
      ),
    );
  });

  it('differs between neighbouring seeds', () => {
    const bodies = Array.from({ length: 1000 }, (_, seed) =>
      JSON.stringify(createSeededSample('test_run.failed', seed)),
    );
    expect(new Set(bodies).size).toBe(1000);
  });

  it('tells of one agent in all events of a seed', () => {
    const agents = EVENT_TYPES.map(
      (type) => (createSeededSample(type, 7)['data'] as { agent_id: string }).agent_id,
    );
    expect(new Set(agents).size).toBe(1);
  });

  it('adds up', () => {
    for (let seed = 0; seed < 200; seed++) {
      const run = createSeededSample('test_run.completed', seed)['data'] as Record<string, number>;
      const cases = (run['passed_test_cases'] ?? 0) + (run['failed_test_cases'] ?? 0);
      expect(run['score']).toBeCloseTo(((run['passed_test_cases'] ?? 0) * 100) / cases, 0);
      const drop = createSeededSample('agent.score_dropped', seed)['data'] as Record<
        string,
        number
      >;
      expect(drop['current_score']).toBeLessThan(drop['threshold'] ?? 0);
      expect(drop['previous_score']).toBeGreaterThanOrEqual(drop['threshold'] ?? 0);
    }
  });
});
