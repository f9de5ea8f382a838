import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { Screen } from '../../../../src/commands/listen/live/screen.ts';

it('does not let many lines wait for the next drawing, and keeps the block below them', () => {
  const written: string[] = [];
  let drawings = 0;
  const screen = new Screen({
    output: {
      write: (text) => {
        written.push(text.toString());
        return true;
      },
    },
    block: () => [`block ${(drawings += 1)}`],
    anchorsCursorToEnd: false,
    elapsed: () => 0,
  });
  onTestFinished(() => screen.hide());
  screen.show();
  written.length = 0;

  screen.print('one line');
  expect(written).toEqual([]);
  screen.print('x'.repeat(20_000));
  expect(written).toHaveLength(1);
  const lines = stripVTControlCharacters(written[0] ?? '').trim();
  expect(lines.split(/[\r\n]+/)).toEqual(['one line', 'x'.repeat(20_000), 'block 1']);
});
