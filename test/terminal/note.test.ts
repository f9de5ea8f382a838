import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { formatNote } from '../../src/terminal/error.ts';

it.each([0, 1] as const)('a command on a line of its own stays whole (colours: %i)', (level) => {
  const command = '  export A="$(relyable webhooks listen --print-secret)"';
  const note = new Chalk({ level }).dim(`no secret is set; your app needs the same:\n${command}`);
  const shown = formatNote(note, 30);
  expect(shown).toContain(command);
  expect(shown.split('\n')).toHaveLength(3);
});
