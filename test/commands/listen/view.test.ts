import { expect, it } from 'vitest';
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
