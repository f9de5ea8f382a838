import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { safeJson } from '../../src/json/safe-json.ts';

it('is the same value, and no terminal sees a control in it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const line = safeJson({ value, text, evil: '\u009b2J\u202e\u2028\u0085\u007f\u001b' });
      expect(JSON.parse(line)).toEqual(
        JSON.parse(JSON.stringify({ value, text, evil: '\u009b2J\u202e\u2028\u0085\u007f\u001b' })),
      );
      expect(line).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/,
      );
    }),
  );
});
