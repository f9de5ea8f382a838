import { expect, it } from 'vitest';
import { toAscii } from '../../../../src/terminal/charset.ts';
import { displayWidth } from '../../../../src/terminal/width.ts';
import { delivery, live, type Step, screen } from './live.ts';

const some = [
  delivery(1),
  delivery(2, { status: 500 }),
  delivery(3, { isValid: false, event: 'agent.score_dropped', subjectId: 'agent_日本' }),
];

it('shows where it goes, the counts and the keys', () => {
  expect(screen(live().state)).toEqual([
    '127.0.0.1:4400 → localhost:3000  0 received, 0 failed',
    '? keys  q quit  ↑ select  r replay last  f filter  / search  p pause',
  ]);
  expect(screen(live(...some).state, { columns: 200 })).toEqual([
    'http://127.0.0.1:4400 → http://localhost:3000/webhooks/relyable up  3 received, 1 invalid, 1 failed',
    '? keys  q quit  ↑ select  r replay last  f filter  / search  p pause',
  ]);
});

it('keeps the counts and the way out in 40 columns, and in 20', () => {
  expect(screen(live(...some).state, { columns: 40 })).toEqual([
    ':4400 → :3000 up  3 in, 1 bad, 1 failed',
    '? keys  q quit  ↑ select  r replay last',
  ]);
  expect(screen(live(...some).state, { columns: 20 })).toEqual([
    'up  3 in, 1 bad, 1…',
    '? keys  q quit',
  ]);
});

it('lists what is around the selected delivery and marks it', () => {
  expect(screen(live(...some, 'up', 'up').state, { columns: 76 })).toEqual([
    '  10:00:01Z  → 200   12 ms  ✓  test_run.completed      cap_0000000000000001',
    '> 10:00:02Z  → 500   12 ms  ✓  test_run.completed      cap_0000000000000002',
    '  10:00:03Z  answered 401   ✗  agent.score_dropped     cap_0000000000000003',
    '127.0.0.1:4400 → localhost:3000 up  3 received, 1 invalid, 1 failed',
    'enter view  r replay  Esc back  c curl  o open  ? keys  q quit',
  ]);
});

it('lists five around the selected one, fewer where the terminal is low', () => {
  const many = Array.from({ length: 20 }, (_, n) => delivery(n));
  const { state } = live(...many, ...Array<string>(10).fill('up'));
  const marked = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, 11));
  expect(marked(screen(state)).slice(0, 5)).toEqual([
    '  10:00:08Z',
    '  10:00:09Z',
    '> 10:00:10Z',
    '  10:00:11Z',
    '  10:00:12Z',
  ]);
  expect(marked(screen(state, { rows: 6 })).slice(0, -2)).toEqual(['  10:00:09Z', '> 10:00:10Z']);
  expect(screen(state, { rows: 3 })).toHaveLength(1);
});

it('explains the keys', () => {
  expect(screen(live('?').state, { columns: 40 })).toEqual([
    'j k ↑↓  select a delivery; Esc: none',
    'enter   view request, verdict, answer',
    'r       replay it to your app',
    'c       copy it as curl, or the address',
    'o       open its page, or the address',
    "u       copy your app's URL",
    'i       open the inspector, a page',
    '/       search; Esc ends a filter',
    'f       only failures, invalid, a type',
    'p       pause the lines, not forwarding',
    'q       quit, like Ctrl-C',
    ':4400 → :3000  0 received, 0 failed',
    '? keys  q quit  ↑ select  r replay last',
  ]);
  expect(screen(live('?', '?').state)).toHaveLength(2);
});

it('says what is hidden and why', () => {
  const line = (...steps: readonly Step[]): string | undefined =>
    screen(live(...steps).state).at(-1);
  expect(line('p', ...some)).toContain('paused, 3 hidden  ? keys');
  expect(line('f', ...some)).toContain('only failures, 1 hidden  ? keys');
  expect(line(...some, 'f', 'f', 'f', 'f', 'p')).toContain('paused, only agent.score_dropped,');
  expect(line('q')).toBe('stopping: waiting for requests in flight; Ctrl-C exits now');
});

it('has nothing beyond ASCII where the locale is not UTF-8', () => {
  const lines = screen(live(...some, 'up').state, { columns: 60, legible: toAscii });
  expect(lines.join('')).toMatch(/^[ -~]*$/);
  expect(lines.slice(-3)).toEqual([
    '> 10:00:03Z  answered 401   x  ...opped  cap_00000000000...',
    ':4400 -> :3000 up  3 received, 1 invalid, 1 failed',
    'enter view  r replay  Esc back  c curl  o open  ? keys',
  ]);
});

it('neutralises what came from outside and never sticks out', () => {
  const hostile = delivery(1, {
    event: '\u001b]52;c;aGk=\u0007\u001b[2J\u202eevil🙂👩‍💻日本',
    subjectId: '\r\nforged line\t',
  });
  for (let columns = 1; columns <= 120; columns++) {
    for (const keys of [['up'], ['?'], ['f', 'f', 'f']]) {
      const lines = screen(live(hostile, ...keys).state, { columns });
      // oxlint-disable-next-line no-control-regex
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(Math.max(0, columns - 1));
    }
  }
});

it('shows the public address, and what a filter leaves', () => {
  const { state } = live(...some, '/', ...Array.from('score'));
  expect(screen({ ...state, publicUrl: 'https://a.example/' })).toEqual([
    '  10:00:03Z  answered 401   ✗  agent.score_dropped  agen…  cap_0000000000000003',
    'public: https://a.example/',
    '127.0.0.1:4400 → localhost:3000 up  3 received, 1 invalid, 1 failed',
    '/score_   enter keeps it  Esc ends it',
  ]);
  expect(screen(live(...some, '/', ...Array.from('score'), 'enter').state).at(-1)).toContain(
    'only /score, 2 hidden',
  );
});
