import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { filesView, settingsView, settingView } from '../../../src/commands/config/view.ts';
import type { Terminal } from '../../../src/terminal/terminal.ts';

const terminal = { style: new Chalk({ level: 0 }), columns: Infinity } as Terminal;

it('aligns settings, except behind a long value', () => {
  const long = 'x'.repeat(50);
  const settings = {
    port: { value: 4400, origin: 'default' },
    headers: { value: { 'X-A': '1', 'X-B': '2' }, origin: 'project config a' },
    events: { value: ['a', 'b'], origin: 'default' },
    store: { value: long, origin: '--store' },
    apiKey: { value: undefined, origin: 'default' },
  };
  const view = settingsView(settings, []);
  expect(view.text(terminal)?.split('\n')).toEqual([
    `port     ${'4400'.padEnd(40)}  default`,
    `headers  ${'X-A: 1, X-B: 2'.padEnd(40)}  project config a`,
    `events   ${'a,b'.padEnd(40)}  default`,
    `store    ${long}  --store`,
    `apiKey   ${'(none)'.padEnd(40)}  default`,
  ]);
  expect(view.json()).toMatchObject({
    type: 'config',
    settings: { apiKey: { value: null, origin: 'default' } },
  });
});

it('fits a narrow terminal, with a long origin below its setting', () => {
  const settings = {
    port: { value: 4400, origin: 'default' },
    forwardTo: { value: 'http://localhost:3000/webhooks/relyable', origin: 'project config a' },
  };
  expect(
    settingsView(settings, [])
      .text({ ...terminal, columns: 40 })
      ?.split('\n'),
  ).toEqual([
    `port       ${'4400'.padEnd(20)}  default`,
    'forwardTo  http://localhost:3000/webhooks/relyable',
    '    project config a',
  ]);
});

it('lets nothing from a config file act on the terminal', () => {
  const setting = { value: 'a\u001B[2J', origin: 'b\u001B[2J' };
  expect(settingView('host', setting).text(terminal)).toBe('a\\u{1b}[2J');
  expect(settingsView({ host: setting }, []).text(terminal)).not.toContain('\u001B');
});

it('prints no text for a setting without a value, and no line without a file', () => {
  const none = settingView('forwardTo', { value: undefined, origin: 'default' });
  expect(none.text(terminal)).toBeNull();
  expect(none.json()).toMatchObject({ key: 'forwardTo', value: null });
  expect(filesView([], '/home/you/config.json').text(terminal)).toBeNull();
});
