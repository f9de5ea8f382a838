import { expect, it } from 'vitest';
import { readyView } from '../../../src/commands/emulate/view.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';

const view = readyView({
  url: 'http://127.0.0.1:4500/api',
  endpoints: [{ id: 'wh_ph3cc4q7am7bsfc4', url: 'http://localhost:3000/webhooks/relyable' }],
  speed: 'instant',
  reading: 'gaps',
  store: null,
  resumed: 0,
});

it('fits 80 columns, with a command that still runs as printed', () => {
  const terminal = createTerminal(testContext({ env: { COLUMNS: '80' } }), {});
  const text = view.text(terminal) ?? '';
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toContain('  attempts at  0, +1m 00s, ');
  expect(text).toContain(
    "  send:  curl -X POST -H 'Authorization: Bearer any' \\\n    http://127.0.0.1:4500/api/webhooks/wh_ph3cc4q7am7bsfc4/test",
  );
});

it('has each thing on one line where no width is known', () => {
  const text = view.text(createTerminal(testContext(), {})) ?? '';
  expect(text).toContain('+1h 21m after the first, speed instant\n');
  expect(text).toContain("'Authorization: Bearer any' http://127.0.0.1:4500/api/webhooks/");
});
