import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanPayload } from '../../src/json/scan.ts';
import { summarisePayload } from '../../src/relyable/payload-summary.ts';

const PATHS = ['event', 'id', 'data', 'data.id', 'data.test_run_id'];

/** What scanning is to agree with: `JSON.parse`, and the texts and numbers at the paths. */
function parseFields(body: Buffer): ReadonlyMap<string, unknown> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const found = PATHS.map((path) => [path, at(json, path.split('.'))] as const);
  return new Map(found.filter(([, value]) => ['string', 'number'].includes(typeof value)));
}

function at(value: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return at((value as Record<string, unknown>)[key], rest);
}

function scanFields(body: Buffer): ReadonlyMap<string, unknown> | undefined {
  const fields = scanPayload(body, new Set(PATHS));
  if (fields === undefined) return undefined;
  const found = PATHS.map((path) => [path, fields.get(path)] as const);
  return new Map(found.filter(([, value]) => value !== undefined));
}

/** The same bytes at another address: what is read by fours depends on it. */
function moved(body: Buffer, by: number): Buffer {
  return Buffer.concat([Buffer.alloc(by, '"'), body, Buffer.from('\\"')]).subarray(
    by,
    by + body.length,
  );
}

function expectSame(body: Buffer): void {
  const wanted = parseFields(body);
  for (const by of [0, 1, 2, 3]) expect(scanFields(moved(body, by))).toEqual(wanted);
}

const key = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('event', 'id', 'data', 'test_run_id', 'data.id', '__proto__'),
  },
  fc.string({ unit: 'binary' }),
);
/** A text as JSON, some of its characters escaped though they need not be. */
const text = (of: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(of, fc.boolean()).map(([value, isEscaped]) => {
    if (!isEscaped) return JSON.stringify(value);
    const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
  });
/** A document with keys that come twice, spaces of all kinds and texts of all lengths. */
const { document } = fc.letrec<{ document: string }>((tie) => {
  const space = fc.constantFrom('', '', ' ', '\n\t\r ');
  const separated = (parts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.array(parts, { maxLength: 5 }).map((all) => all.join(','));
  const member = fc.tuple(space, text(key), space, tie('document'));
  return {
    document: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('0', '-0', '1.5e3', '70.0', '-12E-7', 'true', 'false', 'null', '""'),
      text(fc.string({ unit: 'binary', maxLength: 60 })),
      fc.tuple(space, separated(tie('document')), space).map((parts) => `[${parts.join('')}]`),
      fc
        .tuple(
          space,
          separated(member.map(([a, k, b, value]) => `${a}${k}${b}:${value}${b}`)),
          space,
        )
        .map((parts) => `{${parts.join('')}}`),
    ),
  };
});

describe('a payload that is scanned', () => {
  it('has the fields that parsing finds', () => {
    fc.assert(
      fc.property(document, (json) => expectSame(Buffer.from(json))),
      { numRuns: 500 },
    );
  });

  it('is JSON exactly where parsing says so, whatever byte is wrong', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat({ max: 1 }),
      fc.oneof(
        fc.constantFrom(...Buffer.from('"\\{}[],:0123456789.-+eEtfnu \n\t\0\u001f')),
        fc.nat({ max: 255 }),
      ),
    );
    fc.assert(
      fc.property(document, fc.array(change, { minLength: 1, maxLength: 3 }), (json, changes) => {
        const body = [...Buffer.from(json)];
        for (const [place, removed, byte] of changes) {
          body.splice(place % (body.length + 1), removed, byte);
        }
        expectSame(Buffer.from(body));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['spaces', ' \n'],
    ['a byte order mark', '\ufeff{}'],
    ['a zero in front', '[01]'],
    ['a point without digits', '[1.]'],
    ['a sign alone', '-'],
    ['an exponent without digits', '[1e+]'],
    ['words that go on', '[nullx]'],
    ['half a word', 'tru'],
    ['a comma before the end', '{"a":1,}'],
    ['a comma at the begin', '[,1]'],
    ['two values', '{}{}'],
    ['a list that ends as an object', '[}'],
    ['a key that is not a string', '{1:2}'],
    ['an unfinished escape', '"\\u00g0"'],
    ['an escape at the end', '"\\'],
    ['a control character in a long text', `"${'x'.repeat(100)}\u001f${'x'.repeat(100)}"`],
    ['a long text without an end', `{"event":"${'x'.repeat(1000)}`],
  ])('is not JSON with %s', (_name, json) => {
    expect(parseFields(Buffer.from(json))).toBeUndefined();
    expectSame(Buffer.from(json));
  });

  it('forgets what a second `data` replaces, and an event that is none', () => {
    expectSame(Buffer.from('{"data":{"id":"a"},"data":{"test_run_id":7},"event":"x","event":[]}'));
  });

  it('may lie at the very end of its memory', () => {
    expect(scanFields(Buffer.from(new ArrayBuffer(5), 5, 0))).toBeUndefined();
  });

  it('may be nested as deeply as it is long', () => {
    for (const json of ['['.repeat(1e6), '['.repeat(1e5) + ']'.repeat(1e5)]) {
      expect(scanFields(Buffer.from(json)) === undefined).toBe(
        parseFields(Buffer.from(json)) === undefined,
      );
    }
  });
});

it('summarises a large payload as it does a small one', () => {
  const summarise = (note: string): object => {
    const data = { event_id: '', test_run_id: 'run_1', agent_id: 7, note };
    const body = Buffer.from(JSON.stringify({ id: 12, event: 'test_run.failed', data }));
    return summarisePayload({ headers: [], body });
  };
  expect(summarise('x'.repeat(100_000))).toEqual(summarise('x'));
  expect(summarise('x'.repeat(100_000))).toEqual({
    event: 'test_run.failed',
    declaredEventId: '12',
    subjectId: 'run_1',
    isJson: true,
  });
});

it.each([1000, 100_000])(
  'a name of %i characters is shortened, an id of as many is none',
  (size) => {
    const long = 'n'.repeat(size);
    const body = Buffer.from(JSON.stringify({ event: long, id: long, data: { agent_id: long } }));
    const name = `${'n'.repeat(200)}…`;
    expect(summarisePayload({ headers: [], body })).toEqual({
      event: name,
      declaredEventId: null,
      subjectId: name,
      isJson: true,
    });
    const usual = 'n'.repeat(200);
    const { event, declaredEventId } = summarisePayload({
      headers: [],
      body: Buffer.from(JSON.stringify({ event: usual, id: usual, pad: long })),
    });
    expect([event, declaredEventId]).toEqual([usual, usual]);
  },
);
