import { expect, it } from 'vitest';
import {
  isPrinted,
  listed,
  MAX_RECENT,
  observe,
  press,
  toHead,
} from '../../../../src/commands/listen/live/state.ts';
import { delivery, live } from './live.ts';

const bad = { status: 500 };

it('counts, and remembers a bounded number without their payloads', () => {
  const { state } = live(
    ...Array.from({ length: 250 }, (_, n) => delivery(n, n % 10 === 0 ? bad : {})),
    delivery(250, { isValid: false }),
  );
  expect(state).toMatchObject({ received: 251, failed: 25, invalid: 1, reach: 'up' });
  expect(state.recent).toHaveLength(MAX_RECENT);
  expect(state.recent[0]).not.toHaveProperty('payload');
});

it('knows from a forward whether the app is up', () => {
  expect(live(delivery(1, { status: null })).state.reach).toBe('down');
  expect(live(delivery(1, { status: null }), delivery(2, bad)).state.reach).toBe('up');
  expect(live(delivery(1, { isValid: false })).state.reach).toBe('unknown');
});

it('acts on the last delivery, or on the selected one while newer ones come', () => {
  expect(live(delivery(1), delivery(2), 'r').actions).toEqual([
    { type: 'replay', id: delivery(2).id },
  ]);
  const keys = ['up', 'up', 'r', 'enter', 'c', 'o'];
  const { actions } = live(delivery(1), delivery(2), ...keys.slice(0, 2), delivery(3), ...keys);
  const { id } = delivery(1);
  expect(actions).toEqual([
    { type: 'replay', id },
    { type: 'view', id },
    { type: 'copy', id },
    { type: 'open', id },
  ]);
});

it('acts on the event and not on the probes that it set off', () => {
  const probes = [delivery(2, { isProbe: true }), delivery(3, { isProbe: true, isValid: false })];
  expect(live(delivery(1, bad), ...probes, 'r').actions).toEqual([
    { type: 'replay', id: delivery(1).id },
  ]);
  const { id } = delivery(3);
  expect(live(delivery(1, bad), ...probes, 'up', 'r').actions).toEqual([{ type: 'replay', id }]);
  expect(live(...probes, 'r').actions).toEqual([{ type: 'replay', id }]);
});

it('leaves the selection with Esc or below the newest', () => {
  expect(live(delivery(1), delivery(2), 'up').state.selected).toBe(delivery(2).id);
  expect(live(delivery(1), delivery(2), 'up', 'down').state.selected).toBeNull();
  expect(live(delivery(1), delivery(2), 'down').state.selected).toBeNull();
  expect(live(delivery(1), delivery(2), 'up', 'up', 'up', 'escape').state.selected).toBeNull();
});

it('keeps a selection that falls off the list on the oldest that is left', () => {
  const many = Array.from({ length: MAX_RECENT }, (_, n) => delivery(n));
  const { state } = live(...many, ...many.map(() => 'up'), delivery(MAX_RECENT));
  expect(state.selected).toBe(delivery(1).id);
});

it('takes in many at a time as if they had come one by one', () => {
  const { state } = live(delivery(0), 'up');
  const many = Array.from({ length: 450 }, (_, n) =>
    toHead(delivery(n + 1, n % 7 === 0 ? bad : { isValid: n % 5 !== 0 })),
  );
  const atOnce = observe(state, many);
  expect(atOnce).toEqual(many.reduce((before, head) => observe(before, [head]), state));
  expect(atOnce.selected).toBe(atOnce.recent[0]?.id);
});

it('says so where there is nothing to act on', () => {
  for (const key of ['r', 'o', 'enter', 'up', 'k', 'pageup', 'g']) {
    const { state, actions } = live(key);
    expect(actions).toEqual([]);
    expect(state.notice).toBe('nothing received yet');
  }
  expect(live('r', 'x').state.notice).toBeNull();
  expect(live(delivery(1), 'f', 'r').state.notice).toContain('no delivery matches the filter');
  expect(live(delivery(1), 'f', 'up').state.notice).toContain('no delivery matches the filter');
});

it('filters failures, invalid ones, then each type that came, then all', () => {
  const events = (): ReturnType<typeof delivery>[] => [
    delivery(1),
    delivery(2, bad),
    delivery(3, { isValid: false, event: 'agent.score_dropped' }),
  ];
  const printedAfter = (presses: number): number[] => {
    const { printed } = live(...events(), ...Array<string>(presses).fill('f'), ...events());
    return printed.slice(3).map((id) => Number(id.slice(-1)));
  };
  expect([0, 1, 2, 3, 4, 5].map(printedAfter)).toEqual([
    [1, 2, 3],
    [2, 3],
    [3],
    [1, 2],
    [3],
    [1, 2, 3],
  ]);
  const { state } = live(...events(), 'f', ...events());
  expect(state.hidden).toBe(2);
  // The selection walks over what is shown alone.
  expect(live(...events(), 'f', 'up', 'up').state.selected).toBe(delivery(2).id);
});

it('moves with j and k, by pages, and to both ends', () => {
  const many = Array.from({ length: 20 }, (_, n) => delivery(n));
  const selectedAfter = (...keys: string[]): number =>
    Number(live(...many, ...keys).state.selected?.slice(-2));
  expect(selectedAfter('k')).toBe(19);
  expect(selectedAfter('k', 'k', 'j')).toBe(19);
  expect(selectedAfter('pageup')).toBe(15);
  expect(selectedAfter('pageup', 'pageup', 'pagedown')).toBe(15);
  expect(selectedAfter('pageup', 'pagedown', 'pagedown')).toBe(19);
  expect(selectedAfter('g')).toBe(0);
  expect(selectedAfter('g', 'pageup')).toBe(0);
  expect(selectedAfter('home', 'end')).toBe(19);
});

it('searches events, subjects and ids as the text is typed', () => {
  const events = [
    delivery(1, { subjectId: 'run_Alpha' }),
    delivery(2, { event: 'agent.score_dropped', subjectId: 'agent_7' }),
  ];
  const found = (...keys: string[]): readonly string[] =>
    listed(live(...events, '/', ...keys).state).map(({ id }) => id);
  expect(found(...Array.from('ALPHA'))).toEqual([delivery(1).id]);
  expect(found(...Array.from('score'))).toEqual([delivery(2).id]);
  expect(found(...Array.from('0002'))).toEqual([delivery(2).id]);
  expect(found('x', 'backspace')).toHaveLength(2);
  // Keys are text until Enter or Escape.
  expect(live(...events, '/', 'q', 'r').actions).toEqual([]);
  expect(live(...events, '/', 'q', 'interrupt').actions).toEqual([{ type: 'quit' }]);
  expect(live(...events, '/', 'up').state.filter).toEqual({ kind: 'all' });
  const kept = live(...events, '/', ...Array.from('score'), 'enter', 'k', 'r', ...events);
  expect(kept.actions).toEqual([{ type: 'replay', id: delivery(2).id }]);
  expect(kept.printed.slice(2)).toEqual([delivery(2).id]);
});

it('Escape ends the help, the selection and the filter, one after the other', () => {
  const { state } = live(delivery(1, bad), 'f', 'k', '?', 'escape');
  expect(state).toMatchObject({ isHelpOpen: false, selected: delivery(1).id });
  const after = press(state, 'escape').state;
  expect(after).toMatchObject({ selected: null, filter: { kind: 'failures' } });
  expect(press(after, 'escape').state.filter).toEqual({ kind: 'all' });
  expect(live(delivery(1), '/', 'x', 'escape').state.filter).toEqual({ kind: 'all' });
});

it('copies and opens the address where no delivery is selected', () => {
  const target = 'http://localhost:3000/webhooks/relyable';
  expect(live(delivery(1), 'c', 'u').actions).toEqual([
    { type: 'copy-url', url: target },
    { type: 'copy-url', url: target },
  ]);
  const publicUrl = 'https://a.example/';
  const { state } = live(delivery(1));
  const onPublic = (key: string): unknown => press({ ...state, publicUrl }, key).action;
  expect(onPublic('c')).toEqual({ type: 'copy-url', url: publicUrl });
  expect(onPublic('o')).toEqual({ type: 'open-url', url: publicUrl });
  expect(onPublic('u')).toEqual({ type: 'copy-url', url: target });
  expect(press({ ...state, target: null }, 'u').state.notice).toContain('--forward-to');
});

it('pauses the printing alone, and says how many came meanwhile', () => {
  const { state, printed } = live('p', delivery(1), delivery(2), 'p', delivery(3));
  expect(printed).toEqual([delivery(3).id]);
  expect(state.received).toBe(3);
  expect(state.notice).toBe('2 received while paused; press ↑ to view');
  expect(live('p', 'p').state.notice).toBeNull();
});

it('prints lines other than deliveries despite a filter or a pause', () => {
  const { state } = live('p', 'f');
  const refused = { type: 'refused', at: 0, status: 413, reason: 'too large' } as const;
  expect(isPrinted(state, refused)).toBe(true);
});

it('asks to quit and to suspend', () => {
  expect(live('q').actions).toEqual([{ type: 'quit' }]);
  expect(live('interrupt').actions).toEqual([{ type: 'quit' }]);
  expect(live('suspend').actions).toEqual([{ type: 'suspend' }]);
  expect(live('q').state.isStopping).toBe(true);
});
