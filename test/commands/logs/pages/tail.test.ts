import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededFractions } from '../../../../src/relyable/seeded-random.ts';
import { Backlog } from '../../../../src/relyable/api/backlog.ts';
import { tail } from '../../../../src/commands/logs/pages/tail.ts';
import type { TailEvent, TailStart } from '../../../../src/commands/logs/pages/tail-events.ts';
import { Tracker, type TrackerState } from '../../../../src/commands/logs/pages/tracker.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { createLogWorld, type LogWorld, type WorldOptions } from '../../../support/log-world.ts';

const INTERVAL_MS = 5000;

function createWorld(options: Partial<WorldOptions> = {}): LogWorld & { options: WorldOptions } {
  const whole: WorldOptions = {
    order: 'newest',
    pageCap: 100,
    info: 'total',
    grainMs: 1,
    random: seededFractions(1, 'emulate'),
    failures: 0,
    burst: 0,
    isLate: false,
    ...options,
  };
  return Object.assign(createLogWorld(whole), { options: whole });
}

interface Watching {
  readonly shown: string[];
  readonly events: TailEvent[];
  readonly state: TrackerState;
  /** As a cursor has it: null unless it was stopped while it showed. */
  readonly unshownFrom: number | null;
  readonly requests: number[];
}

/** Tails a world for a number of rounds; `between` runs while the tail sleeps. */
async function watch(
  world: LogWorld,
  rounds: number,
  {
    start = { kind: 'last', count: 10 },
    state,
    maxSeen,
    between = () => undefined,
    inMemory,
    stopAfter = Infinity,
  }: {
    start?: TailStart;
    /** Stops in the middle, after this number of attempts. */
    stopAfter?: number;
    state?: TrackerState;
    maxSeen?: number;
    between?: (round: number) => void;
    inMemory?: number;
  } = {},
): Promise<Watching> {
  const tracker = new Tracker(state, maxSeen);
  const stop = new AbortController();
  const shown: string[] = [];
  const events: TailEvent[] = [];
  const requests: number[] = [];
  let round = 0;
  let before = world.requests;
  let unshownFrom: number | null = null;
  const backlog = new Backlog(join(temporaryFolder(), 'backlog'), inMemory);
  for await (const event of tail({
    client: world.client,
    tracker,
    backlog,
    start,
    intervalMs: INTERVAL_MS,
    now: () => world.now,
    random: () => 0.5,
    sleep: async (ms) => {
      world.now += ms;
      requests.push(world.requests - before);
      round += 1;
      if (round >= rounds) stop.abort();
      else {
        between(round);
        world.step();
      }
      before = world.requests;
    },
    signal: stop.signal,
  })) {
    events.push(event);
    if (event.type === 'attempt') {
      shown.push(`${event.entry.delivery.id} ${event.entry.attempt.attempt}`);
      tracker.shown(event.entry);
      unshownFrom = event.entry.attempt.at;
      if (shown.length >= stopAfter) break;
    }
    if (event.type === 'caught_up') unshownFrom = null;
  }
  backlog.close();
  const left = JSON.parse(JSON.stringify(tracker.state())) as TrackerState;
  return { shown, events, state: left, unshownFrom, requests };
}

describe('tail', () => {
  it('shows the last ten, oldest first, then what comes', async () => {
    const world = createWorld();
    for (let i = 0; i < 30; i++) {
      world.add(1);
      world.now += 1000;
    }
    const known = new Set(world.attempts());
    const { events, shown } = await watch(world, 3, { between: (round) => world.add(round) });
    const times = events.flatMap((event) =>
      event.type === 'attempt' ? event.entry.attempt.at : [],
    );
    expect(shown.filter((item) => known.has(item))).toHaveLength(10);
    expect(times.slice(0, 10)).toEqual(times.slice(0, 10).toSorted((a, b) => a - b));
    expect(shown.filter((item) => !known.has(item)).length).toBeGreaterThan(0);
  });

  it('begins with everything since a time', async () => {
    const world = createWorld();
    world.add(150);
    world.step();
    world.now += 1000;
    const old = world.attempts();
    const since = world.now;
    world.add(230);
    world.step();
    const { shown } = await watch(world, 2, { start: { kind: 'since', time: since } });
    expect(shown.toSorted()).toEqual(
      world
        .attempts()
        .filter((item) => !old.includes(item))
        .toSorted(),
    );
  });

  it('never misses and never repeats, whatever the log does meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          order: fc.constantFrom('newest', 'oldest', 'shuffled'),
          info: fc.constantFrom('none', 'total', 'has_more'),
          pageCap: fc.constantFrom(100, 25),
          grainMs: fc.constantFrom(1, 1000, 1e9),
          failures: fc.constantFrom(0, 0.3),
          burst: fc.constantFrom(0, 0.03, 1.5),
          before: fc.constantFrom(0, 5, 120, 350),
          isLate: fc.boolean(),
          restartAt: fc.nat(12),
        }),
        async ({ seed, before, restartAt, failures, burst, ...shape }) => {
          const random = seededFractions(seed, 'emulate');
          const world = createWorld({ ...shape, random });
          world.options.failures = 0;
          for (let i = 0; i < before; i++) {
            world.add(1);
            world.now += Math.floor(random() * 2000);
          }
          world.step();
          // What turned up late must be there when the tail begins.
          world.now += 20_000;
          const known = new Set(world.attempts());
          const begin = { between: (): void => undefined };
          const first = await watch(world, 2, begin);
          const shown = [...first.shown];
          let state = first.state;
          world.options.failures = failures;
          // In pages: a log that grows faster than it can be read is read for ever.
          world.options.burst = burst * shape.pageCap;
          for (const rounds of [restartAt + 1, 12]) {
            const part = await watchOn(world, rounds, state, (round) => {
              if (round % 4 === 0) world.now += 10 * 60_000;
            });
            shown.push(...part.shown);
            state = part.state;
          }
          world.options.failures = 0;
          world.options.burst = 0;
          // The rest of every schedule, and looks back for what came late.
          const rest = await watchOn(world, 60, state, () => {
            world.now += 3 * 60_000;
          });
          shown.push(...rest.shown);
          const fresh = world.attempts().filter((item) => !known.has(item));
          const all = new Set(shown);
          expect(shown.length - all.size).toBe(0);
          expect(fresh.filter((item) => !all.has(item))).toEqual([]);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('goes on, after it was stopped, below whole pages that it had shown', async () => {
    let luck = 0.9;
    const world = createWorld({ random: () => luck });
    const since = world.now;
    // Not tried until 250 later ones were.
    world.add(1);
    luck = 0.1;
    const add = (count: number): void => {
      for (let i = 0; i < count; i++) {
        world.add(1);
        world.now += 100;
      }
    };
    add(250);
    world.step();
    add(10);
    const start = { kind: 'since', time: since } as const;
    const first = await watch(world, 1, { start, stopAfter: 250 });
    world.now += 6 * 3_600_000;
    const { state, unshownFrom } = first;
    const second = await watch(world, 1, { start: { kind: 'resume', unshownFrom }, state });
    expect(second.shown).toHaveLength(11);
    expect([...first.shown, ...second.shown].toSorted()).toEqual(world.attempts().toSorted());
  });

  it('never misses and never repeats what it had found when it was stopped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          order: fc.constantFrom('newest', 'oldest', 'shuffled'),
          info: fc.constantFrom('none', 'total', 'has_more'),
          pageCap: fc.constantFrom(100, 25),
          isLate: fc.boolean(),
          spacingMs: fc.constantFrom(2000, 30_000),
          isSince: fc.boolean(),
          stops: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
          absenceMs: fc.constantFrom(0, 6 * 3_600_000),
        }),
        async ({ seed, spacingMs, isSince, stops, absenceMs, ...shape }) => {
          const random = seededFractions(seed, 'emulate');
          const world = createWorld({ ...shape, random });
          const since = world.now;
          /** What is due is tried now and then, so that deliveries stand far out of order. */
          const add = (count: number): void => {
            for (let i = 0; i < count; i++) {
              world.add(1);
              world.now += Math.floor(random() * spacingMs);
              if (random() < 0.02) world.step();
            }
            world.step();
          };
          let state: TrackerState | undefined;
          let known = new Set<string>();
          if (!isSince) {
            add(50);
            world.now += 20_000;
            known = new Set(world.attempts());
            ({ state } = await watch(world, 1, {}));
          }
          add(450);
          let unshownFrom: number | null = null;
          const shown: string[] = [];
          for (const stopAfter of [...stops, Infinity]) {
            const rounds = stopAfter === Infinity ? 60 : 1;
            const part = await watch(world, rounds, {
              start:
                state === undefined
                  ? { kind: 'since', time: since }
                  : { kind: 'resume', unshownFrom },
              ...(state === undefined ? {} : { state }),
              stopAfter,
              between: () => {
                world.now += 3 * 60_000;
              },
            });
            shown.push(...part.shown);
            ({ state, unshownFrom } = part);
            world.now += absenceMs;
          }
          const fresh = world.attempts().filter((item) => !known.has(item));
          const all = new Set(shown);
          expect(shown.length - all.size).toBe(0);
          expect(fresh.filter((item) => !all.has(item))).toEqual([]);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

/** Goes on from a state; the API lets it begin, since a tail that cannot begin ends. */
async function watchOn(
  world: LogWorld & { options: WorldOptions },
  rounds: number,
  state: TrackerState,
  between: (round: number) => void,
): Promise<Watching> {
  const { failures } = world.options;
  world.options.failures = 0;
  return watch(world, rounds, {
    start: { kind: 'resume', unshownFrom: null },
    state,
    between: (round) => {
      world.options.failures = failures;
      between(round);
    },
  });
}
