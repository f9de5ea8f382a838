import { describe, expect, it } from 'vitest';
import { createTally } from '../../../src/pipeline/tally.ts';
import { listenEventView } from '../../../src/commands/listen/view.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';
import { delivery } from './live/live.ts';

const refused = {
  ...delivery(1),
  verification: {
    valid: false,
    reason: 'body_crlf',
    reasons: ['body_crlf'],
    detail: 'the signature matches the body with every line end written as one newline',
    fix: 'Something between the sender and here rewrites line ends; let the bytes through as they are.',
    secretSource: null,
  },
  forward: null,
} as const;

function lines(columns: number | undefined): string[] {
  const stdout = { write: () => true, ...(columns === undefined ? {} : { columns }) };
  const terminal = createTerminal(testContext({ stdout }), { utc: true });
  return (listenEventView(refused, { store: '', secret: '' }).text(terminal) ?? '').split('\n');
}

it.each([50, 64, 80])('wraps explanations to %i columns, under the event', (columns) => {
  const [, ...below] = lines(columns);
  expect(below.length).toBeGreaterThan(2);
  for (const line of below) {
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^ {10}\S/);
  }
});

it('leaves them whole where the width is unknown', () => {
  const [, proof, fix, ...more] = lines(undefined);
  expect(proof?.trim()).toBe(`${refused.verification.detail} (body_crlf)`);
  expect(fix?.trim()).toBe(`fix: ${refused.verification.fix}`);
  expect(more).toEqual([]);
});

it.each([
  [
    { state: 'up', gapMs: null, events: 3, message: 'RELYABLE_acme as ada, after message 7' },
    'reading from the relay: RELYABLE_acme as ada, after message 7, 3 events waiting',
  ],
  [
    { state: 'down', gapMs: null, events: null, message: 'the connection to NATS was lost' },
    'reading from the relay stopped: the connection to NATS was lost; trying again',
  ],
  [
    { state: 'down', gapMs: null, events: null, message: 'there is no stream RELYABLE_\u001b[31m' },
    'reading from the relay stopped: there is no stream RELYABLE_\\u{1b}[31m; trying again',
  ],
  [{ state: 'up', gapMs: 62_000, events: 3, message: null }, null],
  [
    { state: 'caught-up', gapMs: 62_000, events: 3, message: null },
    'NATS is back after 1m 02s, caught up with 3 events',
  ],
  [{ state: 'caught-up', gapMs: null, events: 1, message: null }, 'caught up with 1 event'],
] as const)('shows %j of a relay as %j', (event, text) => {
  const terminal = createTerminal(testContext(), { utc: true });
  const view = listenEventView(
    { type: 'source', source: 'relay', ...event },
    { store: '', secret: '' },
  );
  expect(view.text(terminal)).toBe(text);
});

describe('the lines at the start', () => {
  const ready = {
    type: 'ready',
    url: 'http://127.0.0.1:4400',
    port: 4400,
    forwardTo: null,
    routes: {},
    secretSource: 'the development secret',
    store: '/home/ada/captures.db',
    inspectUrl: null,
    publicUrl: null,
    tunnel: null,
  } as unknown as Parameters<typeof listenEventView>[0];
  const shown = (columns: number): string[] => {
    const terminal = createTerminal(testContext({ stdout: { write: () => true, columns } }), {});
    return (listenEventView(ready, { store: '', secret: '' }).text(terminal) ?? '').split('\n');
  };

  it('fit 50 columns, with the command on a line of its own', () => {
    const lines = shown(50);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(50);
    expect(lines.slice(-2)).toEqual([
      '  Ctrl-C stops it. Try:',
      '    relyable webhooks trigger test_run.completed',
    ]);
  });

  it('are as few as possible in 80', () => {
    expect(shown(80).at(-1)).toBe(
      '  Ctrl-C stops it. Try: relyable webhooks trigger test_run.completed',
    );
  });
});

it('the summary names requests that were not stored', () => {
  const summary = { ...createTally().summary(), notStored: 2 };
  const terminal = createTerminal(testContext({}), {});
  expect(listenEventView(summary, { store: '', secret: '' }).text(terminal)).toBe(
    '0 requests, 0 valid, 0 invalid, 0 forwarded, 0 failed, 2 not stored (answered 503)',
  );
});
