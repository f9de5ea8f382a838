import { expect, it } from 'vitest';
import { readOperands } from '../../../src/commands/listen/operands.ts';
import type { ListenOptions } from '../../../src/commands/listen/options.ts';
import type { Invocation } from '../../../src/invocation.ts';

const given = (text: string): ListenOptions['forwardTo'] => ({
  value: new URL(`http://localhost:${text}`),
  text,
});

function invocation(line: string, forwardTo?: string): Invocation<ListenOptions> {
  const argv = line.split(' ');
  return {
    context: { argv: ['listen', ...argv] },
    args: argv.filter((word) => word !== '--'),
    options: { forwardTo: forwardTo === undefined ? undefined : given(forwardTo) },
  } as unknown as Invocation<ListenOptions>;
}

it.each([
  ['3000/hook', { value: new URL('http://localhost:3000/hook'), text: '3000/hook' }, null],
  ['3000 -- node app.js', given('3000'), ['node', 'app.js']],
])('listen %s names the app', (line, forwardTo, command) => {
  expect(readOperands(invocation(line))).toEqual({ forwardTo, command });
});

it('without an operand --forward-to names it', () => {
  const { forwardTo, command } = readOperands(invocation('-- node app.js', '3000'));
  expect(forwardTo).toEqual(given('3000'));
  expect(command).toEqual(['node', 'app.js']);
});

it.each([
  ['3000 4000', undefined, 'listen: expected one app, got 3000 and 4000'],
  ['4000', '3000', 'listen: expected one app, got 3000 and 4000'],
  ['nowhere:x', undefined, 'listen: expected a URL or port'],
])('listen %s with --forward-to %s is refused', (line, forwardTo, message) => {
  expect(() => readOperands(invocation(line, forwardTo))).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
  );
});
