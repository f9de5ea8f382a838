import { expect, it } from 'vitest';
import { changesOf, examineStream, streamConfig } from '../../src/relay/stream.ts';
import { STREAM } from './relay-world.ts';

const GOOD = streamConfig({ ...STREAM, replicas: 3 });
const SERVER = { version: '2.10.27', maxPayload: 8_000_000, syncsAlways: true };

const problems = (config = GOOD, server: Partial<typeof SERVER> = {}): string[] =>
  examineStream(config, STREAM.team, { ...SERVER, ...server }, 1_000_000)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, text }) => `${level}: ${text}`);

it('finds nothing where nothing falls short', () => {
  expect(problems()).toEqual([]);
});

it.each([
  [{ subjects: ['relyable.other.>'] }, /^wrong: the stream takes relyable.other.>, expected/],
  [{ storage: 'memory' as const }, /^wrong: it stores in memory/],
  [{ retention: 'workqueue' as const }, /^wrong: its retention is workqueue, expected limits/],
  [{ duplicate_window: 120e9 }, /^wrong: it recognises a retry for 2 minutes, expected 10/],
  [{ discard: 'old' as const }, /^short: a full stream drops its oldest/],
  [{ num_replicas: 1 }, /^short: one server has each message/],
])('finds what is wrong with a stream: %j', (change, problem) => {
  expect(problems({ ...GOOD, ...change })).toEqual([expect.stringMatching(problem)]);
});

it.each([
  [{ version: '2.9.10' }, /^short: the server is 2.9.10, older than 2.10/],
  [{ maxPayload: 999_999 }, /^short: the server takes messages of 999999 bytes/],
  [{ syncsAlways: false }, /^short: acknowledged messages may wait/],
])('finds what is wrong with a server: %j', (change, problem) => {
  expect(problems(GOOD, change)).toEqual([expect.stringMatching(problem)]);
});

it('changes what is given and what the relay needs, and leaves the rest', () => {
  const found = {
    ...GOOD,
    subjects: ['other', 'relyable.acme.>'],
    storage: 'memory' as const,
    max_age: 0,
    max_bytes: -1,
    duplicate_window: 3600e9,
  };
  expect(changesOf({ team: 'acme' }, found)).toEqual([]);
  expect(changesOf({ team: 'acme', replicas: 1 }, { ...found, discard: 'old' })).toEqual([
    { setting: 'discard', from: 'old', to: 'new' },
    { setting: 'num_replicas', from: 3, to: 1 },
  ]);
  expect(changesOf({ team: 'acme', maxAgeMs: 60_000 }, found)).toEqual([
    { setting: 'max_age', from: 0, to: 60e9 },
    { setting: 'duplicate_window', from: 3600e9, to: 60e9 },
  ]);
});
