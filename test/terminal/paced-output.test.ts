import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PacedOutput } from '../../src/terminal/paced-output.ts';
import { createTerminal } from '../../src/terminal/terminal.ts';
import { testContext } from '../support/context.ts';

function createOutput() {
  const writes: string[] = [];
  let now = 0;
  const context = testContext({
    now: () => now,
    stdout: {
      write: (text, done) => {
        if (text !== '') writes.push(String(text));
        done?.();
        return true;
      },
    },
  });
  const output = new PacedOutput(context, createTerminal(context, {}));
  const show = (text: string | null): void => output.show({ text: () => text, json: () => null });
  return { writes, output, show, pass: (ms: number) => (now += ms) };
}

it('writes what is shown in one turn at once, in its order', async () => {
  const { writes, show } = createOutput();
  for (const text of ['a', null, 'b']) show(text);
  expect(writes).toEqual([]);
  await setImmediate();
  expect(writes).toEqual(['a\nb\n']);
});

it('is due after 64 KB, and after 20 ms without other events', async () => {
  const { output, show, pass } = createOutput();
  expect(output.isDue).toBe(false);
  show('x'.repeat(64 * 1024));
  expect(output.isDue).toBe(true);
  await output.taken();
  expect(output.isDue).toBe(false);
  pass(20);
  expect(output.isDue).toBe(true);
});

it('writes what waits before other text, and once', async () => {
  const { writes, output, show } = createOutput();
  show('a');
  output.flush();
  show('b');
  await output.taken();
  await setImmediate();
  expect(writes).toEqual(['a\n', 'b\n']);
});
