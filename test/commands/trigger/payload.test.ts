import { describe, expect, it } from 'vitest';
import {
  createPayload,
  findUnknownPaths,
  readPayload,
  type SampleOptions,
} from '../../../src/commands/trigger/payload.ts';
import { createVariants } from '../../../src/commands/trigger/variants.ts';
import { parseOverride } from '../../../src/json/overrides.ts';

const DEFAULTS: SampleOptions = {
  seed: undefined,
  timestamp: 'sample',
  overrides: [],
  wire: 'compact',
  nowMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
};

describe('createPayload', () => {
  it('dates the sample with whole seconds in UTC, in its place', () => {
    const { body } = createPayload('test_run.failed', { ...DEFAULTS, timestamp: 'now' });
    expect(body.toString()).toMatch(
      /^\{"event":"test_run.failed","timestamp":"2026-01-02T03:04:05Z","data":\{/,
    );
  });

  it('keeps 70.0 in the decimal wire format', () => {
    const { body } = createPayload('agent.score_dropped', { ...DEFAULTS, wire: 'decimal' });
    expect(body.toString()).toContain('"threshold":70.0');
  });

  it('makes overrides after everything else', () => {
    const overrides = [
      parseOverride('timestamp=never', '--set'),
      parseOverride('event=x', '--set'),
    ];
    const payload = createPayload('test_run.failed', { ...DEFAULTS, seed: 1, overrides });
    expect(payload.event).toBe('x');
    expect(payload.payload).toMatchObject({ event: 'x', timestamp: 'never' });
  });
});

describe('readPayload', () => {
  it.each(['{"event":"x","a":70.0,"a":1}\n', 'not json', '', '"scalar"', '\ufeff{}'])(
    'keeps %j as it is',
    (text) => {
      expect(readPayload(Buffer.from(text)).body.toString()).toBe(text);
    },
  );

  it('keeps bytes that are not text', () => {
    const bytes = Buffer.from([0xff, 0, 0xfe]);
    expect(readPayload(bytes)).toMatchObject({ event: null, payload: undefined, body: bytes });
  });
});

describe('findUnknownPaths', () => {
  it('knows the published fields and nothing else', () => {
    const overrides = [
      'data.score=1',
      'data.scor=1',
      'data.scenarios_tested[0]=x',
      'id=1',
      'event=x',
    ];
    const unknown = findUnknownPaths(
      'test_run.completed',
      overrides.map((text) => parseOverride(text, '--set')),
    );
    expect(unknown.map(({ path }) => path)).toEqual(['data.scor', 'id']);
  });
});

describe('createVariants', () => {
  it('gives every event an id of its own, wherever it stands', () => {
    const vary = createVariants(
      createPayload('test_run.completed', DEFAULTS),
      'test_run.completed',
      [],
    );
    const { data } = JSON.parse(vary('7').body.toString()) as { data: Record<string, string> };
    expect(data['test_run_id']).toBe('run_xyz789_7');
    expect(data['view_url']).toMatch(/run_xyz789_7$/);
    expect(vary('7').body.equals(vary('8').body)).toBe(false);
  });

  it.each(['data.test_run_id=mine', 'data=null'])('leaves --set %s alone', (text) => {
    const overrides = [parseOverride(text, '--set')];
    const base = createPayload('test_run.completed', { ...DEFAULTS, overrides });
    expect(createVariants(base, 'test_run.completed', overrides)('7')).toBe(base);
  });
});
