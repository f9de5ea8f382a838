import { expect, it } from 'vitest';
import { shownResponse } from '../../../src/commands/kit/shown-response.ts';

function show(text: string, columns = Infinity): string[] {
  return shownResponse(Buffer.from(text), '  ', columns);
}

it('shows the lines of a response, and nothing of an empty one', () => {
  expect(show('first\nsecond\n')).toEqual(['  │ first', '  │ second']);
  expect(show(' \n')).toEqual([]);
});

it('shows the message of an error page', () => {
  expect(
    show('<!doctype html><title>Bad Gateway</title><style>p{}</style><h1>Queue &amp; app</h1>'),
  ).toEqual(['  │ Bad Gateway', '  │ Queue & app']);
});

it('wraps at words, with the bar before each line', () => {
  expect(show('the queue does not answer, so the event waits', 30)).toEqual([
    '  │ the queue does not answer,',
    '  │ so the event waits',
  ]);
});

it('shows 500 bytes, and says how many more there are', () => {
  expect(show('x'.repeat(510))).toEqual([`  │ ${'x'.repeat(500)}`, '  │ … 10 more bytes']);
});

it('makes escape sequences visible', () => {
  expect(show('\u001b[31mred')).toEqual(['  │ \\u{1b}[31mred']);
});
