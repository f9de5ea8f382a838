import { expect, it } from 'vitest';
import { prettyJson } from '../../../../src/commands/listen/live/pretty-json.ts';

it('indents and keeps every token as it stands', () => {
  const text = String.raw`{"a":70.0,"a":1e+3,"s":"x\"{[,:","e":{ },"l":[ ],"n":[1,{"b":null}]}`;
  expect(prettyJson(text, 100)).toEqual([
    '{',
    '  "a": 70.0,',
    '  "a": 1e+3,',
    String.raw`  "s": "x\"{[,:",`,
    '  "e": {},',
    '  "l": [],',
    '  "n": [',
    '    1,',
    '    {',
    '      "b": null',
    '    }',
    '  ]',
    '}',
  ]);
});

it('ends after the lines asked for, however deep or long the payload', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const lines = prettyJson(deep, 50);
  expect(lines).toHaveLength(50);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(50);
  const long = JSON.stringify('x'.repeat(5_000_000));
  expect(prettyJson(long, 50)).toEqual([long]);
});
