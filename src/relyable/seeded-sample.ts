import type { EventType } from './event-type.ts';
import type { JsonObject } from '../json/json-value.ts';

/** The largest seed: one 32-bit word. */
export const MAX_SEED = 2 ** 32 - 1;

const AGENTS = [
  'Real Estate Inbound Agent',
  'Dental Reception Agent',
  'Insurance Claims Agent',
  'Zahnarztpraxis Müller – Empfang',
  'Support de l’hôtel Étoile',
  '予約受付エージェント',
] as const;

const SCENARIOS = [
  'buying',
  'selling',
  'rescheduling',
  'complaint',
  'emergency',
  'billing',
] as const;

const RUN_ERRORS = [
  'Phone number not reachable',
  'Call was dropped after 3 seconds',
  'Agent did not pick up',
  'No audio received',
] as const;

const CRITICAL_CASES = [
  { id: 'tc_emergency_routing', name: 'Agent must route emergency calls' },
  { id: 'tc_consent', name: 'Agent must ask for consent to record' },
  { id: 'tc_no_medical_advice', name: 'Agent must not give medical advice' },
] as const;

const FAILURE_REASONS = [
  'Agent did not transfer emergency call within 10 seconds',
  'Agent answered before the disclaimer',
  'Agent said “you should take two of them”',
] as const;

/** Whole numbers and choices from one seed, the same on every machine and Node version. */
interface Dice {
  /** From 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  id(prefix: string): string;
}

const ID_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Marsaglia's xorshift on 32-bit words (Journal of Statistical Software 8:14, 2003). */
function createDice(seed: number, salt: string): Dice {
  // FNV-1a parts neighbouring seeds, and the salts of one seed.
  let state = 0x811c9dc5;
  for (const char of `${seed}/${salt}`) {
    state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
  }
  // Zero is the one state xorshift never leaves.
  state ||= 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  // The first words of a poor state are poor.
  for (let i = 0; i < 8; i++) next();
  const below = (end: number): number => next() % end;
  return {
    below,
    pick: (from) => from[below(from.length)] ?? from[0],
    id: (prefix) => {
      let id = `${prefix}_`;
      for (let i = 0; i < 6; i++) id += ID_ALPHABET[below(ID_ALPHABET.length)] ?? '';
      return id;
    },
  };
}

/** One decimal, as in the published samples. */
function tenths(value: number): number {
  return Math.round(value) / 10;
}

/**
 * A sample with other ids, names, scores and time, wholly given by type and seed. Types of one
 * seed tell of the same agent. The fields agree with each other: the counts add up, the scores
 * fit the drop, the URLs hold the ids.
 */
export function createSeededSample(type: EventType, seed: number): JsonObject {
  const shared = createDice(seed, 'agent');
  const agent = { id: shared.id('agent'), name: shared.pick(AGENTS) };
  const dice = createDice(seed, type);
  // Within the year after the published samples.
  const at = Date.UTC(2025, 0, 16) + dice.below(365 * 86_400) * 1000;
  return {
    event: type,
    timestamp: `${new Date(at).toISOString().slice(0, 19)}Z`,
    data: DATA[type](dice, agent),
  };
}

interface Agent {
  readonly id: string;
  readonly name: string;
}

const SITE = 'https://app.relyable.ai';

const DATA: Readonly<Record<EventType, (dice: Dice, agent: Agent) => JsonObject>> = {
  'test_run.completed': (dice, agent) => {
    const run = dice.id('run');
    const cases = 5 + dice.below(40);
    const passed = dice.below(cases + 1);
    return {
      test_run_id: run,
      agent_id: agent.id,
      agent_name: agent.name,
      score: tenths((passed * 1000) / cases),
      previous_score: tenths(dice.below(1001)),
      total_calls: 1 + dice.below(20),
      passed_test_cases: passed,
      failed_test_cases: cases - passed,
      duration_seconds: 30 + dice.below(1800),
      scenarios_tested: Array.from(
        { length: 1 + dice.below(4) },
        (_, index) => `scenario_${dice.pick(SCENARIOS)}_${index + 1}`,
      ),
      view_url: `${SITE}/agents/${agent.id}/runs/${run}`,
    };
  },
  'test_run.failed': (dice, agent) => ({
    test_run_id: dice.id('run'),
    agent_id: agent.id,
    error: dice.pick(RUN_ERRORS),
    calls_completed: dice.below(10),
    calls_failed: 1 + dice.below(5),
  }),
  'agent.score_dropped': (dice, agent) => {
    const previous = 600 + dice.below(401);
    const current = 100 + dice.below(400);
    return {
      agent_id: agent.id,
      agent_name: agent.name,
      current_score: tenths(current),
      previous_score: tenths(previous),
      threshold: 50 + dice.below(11),
      drop_percentage: tenths(((previous - current) * 1000) / previous),
      period: dice.pick(['last_24_hours', 'last_7_days']),
      view_url: `${SITE}/agents/${agent.id}`,
    };
  },
  'test_case.critical_failure': (dice, agent) => {
    const call = dice.id('call');
    const { id, name } = dice.pick<{ id: string; name: string }>(CRITICAL_CASES);
    return {
      test_case_id: id,
      test_case_name: name,
      agent_id: agent.id,
      call_id: call,
      failure_reason: dice.pick(FAILURE_REASONS),
      call_recording_url: `${SITE}/calls/${call}`,
      transcript: `Caller: Hello?\nAgent: This is ${agent.name}.\nCaller: It is urgent!`,
    };
  },
};
