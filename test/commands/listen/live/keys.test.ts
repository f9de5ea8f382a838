import { expect, it } from 'vitest';
import { createKeyReader } from '../../../../src/commands/listen/live/keys.ts';

it.each([
  ['r', ['r']],
  ['qé🙂', ['q', 'é', '🙂']],
  ['\r', ['enter']],
  ['\n', ['enter']],
  ['\u0003\u001a', ['interrupt', 'suspend']],
  ['\u001b[A\u001b[B', ['up', 'down']],
  ['\u001bOA\u001bOB', ['up', 'down']],
  ['\u001b[1;5A', ['up']],
  ['\u001b', ['escape']],
  ['\u001b\u001b[A', ['escape', 'up']],
  ['\u001b[5~\u001b[6~', ['pageup', 'pagedown']],
  ['\u001b[H\u001bOF\u001b[1~\u001b[8~', ['home', 'end', 'home', 'end']],
  ['\u007f\b', ['backspace', 'backspace']],
  // Keys that mean nothing here leave nothing behind: Insert, F1, a mouse report, focus.
  ['\u001b[2~q', ['q']],
  ['\u001bOPq', ['q']],
  ['\u001b[<0;10;10Mq', ['q']],
  ['\u001b[Iq', ['q']],
])('reads %j as %j', (text, keys) => {
  expect(createKeyReader()(text)).toEqual(keys);
});

it('reads an arrow that a slow line cut as an Escape and the arrow', () => {
  const read = createKeyReader();
  expect(read('\u001b')).toEqual(['escape']);
  expect(read('[A')).toEqual(['up']);
  expect(read('[')).toEqual(['[']);
});
