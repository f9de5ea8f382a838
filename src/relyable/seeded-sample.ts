import type { EventType } from './event-type.ts';
import type { JsonObject } from '../json/json-value.ts';
import { seededWords } from './seeded-random.ts';

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

/** Whole numbers, choices and ids from one random stream of a seed. */
interface Dice {
  /** From 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  id(prefix: string): string;
}

const ID_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

function createDice(seed: number, stream: string): Dice {
  const next = seededWords(seed, stream);
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
 * A sample with ids, names, scores and a time of its own, determined by type and seed. The samples
 * of one seed are about the same agent. Their fields are consistent: the counts add up, the drop
 * follows from the scores, the URLs contain the ids.
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
