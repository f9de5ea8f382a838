import { describe, expect, it } from 'vitest';
import { applyOverrides, formatPath, parseOverride } from '../../src/json/overrides.ts';
import type { JsonObject } from '../../src/json/json-value.ts';

function set(payload: JsonObject, ...texts: string[]): unknown {
  return applyOverrides(
    payload,
    texts.map((text) => parseOverride(text, '--set')),
  );
}

describe('parseOverride', () => {
  it.each([
    ['a=1', ['a'], 1],
    ['a.b=1.10', ['a', 'b'], 1.1],
    ['a.b[0].c=true', ['a', 'b', 0, 'c'], true],
    ['a[1][2]=null', ['a', 1, 2], null],
    ['a="12"', ['a'], '12'],
    ['a=[1,{"b":2}]', ['a'], [1, { b: 2 }]],
    ['a=hello = world', ['a'], 'hello = world'],
    ['a=', ['a'], ''],
    ['a= text', ['a'], ' text'],
    [String.raw`a\.b.c=1`, ['a.b', 'c'], 1],
    ['a.0=1', ['a', '0'], 1],
    ['__proto__.x=1', ['__proto__', 'x'], 1],
  ])('%s', (text, path, value) => {
    expect(parseOverride(text, '--set')).toEqual({ path, value });
  });

  it.each(['a', '=1', '.a=1', 'a..b=1', 'a.=1', 'a[=1', 'a[x]=1', '[0]=1', 'a[-1]=1', ''])(
    'refuses %j as a path',
    (text) => {
      expect(() => parseOverride(text, '--set')).toThrow('expected path=value');
    },
  );

  it.each(['a=12345678901234567890', 'a=-9007199254740993', 'a=1e999'])(
    'refuses %s, which would be sent as another number',
    (text) => {
      expect(() => parseOverride(text, '--set')).toThrow('cannot be sent exactly');
    },
  );

  it('writes a path as it is typed', () => {
    expect(formatPath(['a', 'b', 0, 'c'])).toBe('a.b[0].c');
  });
});

describe('applyOverrides', () => {
  it('leaves the original alone and keeps the order of keys', () => {
    const payload = { event: 'x', data: { a: 1, b: [1, 2] } };
    const before = structuredClone(payload);
    expect(JSON.stringify(set(payload, 'data.a=2', 'data.b[1]=3', 'data.b[2]=4'))).toBe(
      '{"event":"x","data":{"a":2,"b":[1,3,4]}}',
    );
    expect(payload).toEqual(before);
  });

  it('makes what is missing', () => {
    expect(set({}, 'a.b.c=1', 'd[0].e=2', 'f=null', 'f.g=3')).toEqual({
      a: { b: { c: 1 } },
      d: [{ e: 2 }],
      f: { g: 3 },
    });
  });

  it.each([
    ['a.b=1', 'a is a string, expected an object'],
    ['a[0]=1', 'a is a string, expected a list'],
    ['l[3]=1', 'l is a list of 2, expected a list of at least 3'],
    ['l.x=1', 'l is a list of 2, expected an object'],
  ])('refuses %s', (text, message) => {
    expect(() => set({ a: 'text', l: [1, 2] }, text)).toThrow(message);
  });

  it('treats __proto__ and constructor as keys, not as doors', () => {
    const result = set({ data: {} }, '__proto__.polluted=1', 'data.constructor.prototype.x=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(JSON.stringify(result)).toBe(
      '{"data":{"constructor":{"prototype":{"x":1}}},"__proto__":{"polluted":1}}',
    );
  });
});
