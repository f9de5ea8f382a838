import { describe, expect, it } from 'vitest';
import { createTerminal, type TerminalOptions } from '../../src/terminal/terminal.ts';
import { testContext } from '../support/context.ts';

const write = (): boolean => true;

/** A terminal whose three streams are TTYs of this width. */
function terminalWith(
  env: Record<string, string>,
  options: TerminalOptions = {},
  columns: number | null = 80,
): ReturnType<typeof createTerminal> {
  const stream = { write, isTTY: true, ...(columns === null ? {} : { columns }) };
  const { stdin } = testContext();
  return createTerminal(
    testContext({
      env,
      stdin: Object.assign(stdin, { isTTY: true }),
      stdout: stream,
      stderr: stream,
    }),
    options,
  );
}

describe('a terminal without a width', () => {
  it.each([0, null])('of %s columns has no live output and an endless line', (columns) => {
    const terminal = terminalWith({}, {}, columns);
    expect(terminal.isLive).toBe(false);
    expect(terminal.columns).toBe(Infinity);
  });

  it('still gets colours and questions', () => {
    const terminal = terminalWith({}, {}, 0);
    expect(terminal.style.level).toBe(1);
    expect(terminal.mayPrompt).toBe(true);
  });
});

it('takes the width of a terminal that knows it', () => {
  const terminal = terminalWith({});
  expect(terminal.isLive).toBe(true);
  expect(terminal.columns).toBe(80);
});

it.each([
  ['true', true],
  ['1', true],
  ['woodpecker', true],
  ['false', false],
  ['False', false],
  ['0', false],
  ['', false],
])('CI=%s is a build: %s', (value, isBuild) => {
  const terminal = terminalWith({ CI: value });
  expect(terminal.isLive).toBe(!isBuild);
  expect(terminal.mayPrompt).toBe(!isBuild);
  expect(terminal.style.level).toBe(isBuild ? 0 : 1);
});

it('NO_COLOR turns off colour alone', () => {
  const terminal = terminalWith({ NO_COLOR: '1' });
  expect(terminal.style.level).toBe(0);
  expect(terminal.isLive).toBe(true);
  expect(terminal.mayPrompt).toBe(true);
});

it('wraps a warning at words', () => {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text) > 0, isTTY: true, columns: 40 };
  const terminal = createTerminal(testContext({ env: { NO_COLOR: '1' }, stderr }), {});
  terminal.warn('the app listens on port 8080, not on 3000, where events are sent');
  expect(written.join('')).toBe(
    'warning: the app listens on port 8080,\n  not on 3000, where events are sent\n',
  );
});

it('wraps a note at words, and leaves a command whole', () => {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text) > 0, isTTY: true, columns: 40 };
  const terminal = createTerminal(testContext({ env: { NO_COLOR: '1' }, stderr }), {});
  const command = '  RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)"';
  terminal.info(`using the development secret; your app needs the same:\n${command}`);
  expect(written.join('')).toBe(
    `using the development secret; your app\n  needs the same:\n${command}\n`,
  );
});
