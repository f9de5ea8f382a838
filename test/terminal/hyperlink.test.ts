import { expect, it } from 'vitest';
import { createLinker, hasHyperlinks } from '../../src/terminal/hyperlink.ts';

it.each([
  ['Windows Terminal', { WT_SESSION: 'x' }],
  ['kitty', { TERM: 'xterm-kitty' }],
  ['GNOME Terminal', { VTE_VERSION: '7006' }],
  ['iTerm2', { TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.1' }],
  ['VS Code', { TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.95.0' }],
])('%s has hyperlinks', (_, env) => {
  expect(hasHyperlinks(env, true)).toBe(true);
  expect(hasHyperlinks(env, false), 'not off a TTY').toBe(false);
  expect(hasHyperlinks({ ...env, TMUX: '/tmp/tmux' }, true), 'not in tmux').toBe(false);
  expect(hasHyperlinks({ ...env, CI: 'true' }, true), 'not in CI').toBe(false);
  expect(hasHyperlinks({ ...env, FORCE_HYPERLINK: '0' }, true), 'not when refused').toBe(false);
});

it.each([
  ['an unknown terminal', { TERM: 'xterm-256color' }],
  ['macOS Terminal', { TERM_PROGRAM: 'Apple_Terminal', TERM_PROGRAM_VERSION: '455' }],
  ['the VTE that crashed', { VTE_VERSION: '5000' }],
  ['an old iTerm2', { TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.0.9' }],
  ['an old VS Code', { TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.71.2' }],
])('%s has none', (_, env) => {
  expect(hasHyperlinks(env, true)).toBe(false);
});

it('links http addresses alone, with nothing a terminal could act on', () => {
  const link = createLinker({ FORCE_HYPERLINK: '1' }, false);
  expect(link('here', 'https://example.com/a b')).toBe(
    '\u001B]8;;https://example.com/a%20b\u001B\\here\u001B]8;;\u001B\\',
  );
  expect(link('here', 'javascript:alert(1)')).toBe('here');
  expect(link('here', 'not a url')).toBe('here');
  const hostile = link('here', 'https://example.com/\u001B]52;c;eA==\u0007');
  expect(hostile.split('\u001B')).toHaveLength(5);
  expect(hostile).not.toContain('\u0007');
});
