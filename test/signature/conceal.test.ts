import { describe, expect, it } from 'vitest';
import { createConceal } from '../../src/signature/conceal.ts';
import { signPayload } from '../../src/signature/sign.ts';

const SECRET = 'whsec_a/b&c"d_é_0123456789';
const SIGNED = Buffer.from('{"event":"test_run.completed"}');
const SIGNATURE = signPayload(SIGNED, SECRET);
const conceal = createConceal(['whsec_a', SECRET]);

/** The body that is left of an answer with this one. */
function shown(body: string | Buffer): string {
  const answer = { headers: [], body: Buffer.from(body), error: null };
  return conceal(answer, SIGNED).body.toString('utf8');
}

describe('a signing secret in an answer', () => {
  it.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ["in PHP's JSON", JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['in HTML', SECRET.replaceAll('&', '&amp;')],
    ['in a URL', encodeURIComponent(SECRET)],
  ])('is replaced %s', (_, written) => {
    expect(shown(`secret=${written};é`)).toBe('secret=[signing secret];é');
  });

  it('is replaced where the answer is cut off within it', () => {
    expect(shown(`secret=${SECRET.slice(0, 12)}`)).toBe('secret=[signing secret]');
  });

  it('is replaced in headers and in the reason of a failure', () => {
    const answer = {
      headers: [['X-Debug', SECRET.replace('é', '\u00c3\u00a9')] as const],
      body: Buffer.alloc(0),
      error: `expected a status line, got "${SECRET}"`,
    };
    expect(conceal(answer, SIGNED)).toEqual({
      headers: [['X-Debug', '[signing secret]']],
      body: Buffer.alloc(0),
      error: 'expected a status line, got "[signing secret]"',
    });
  });
});

describe('the right signature in an answer', () => {
  const bytes = Buffer.from(SIGNATURE, 'hex');

  it.each([
    ['hex', SIGNATURE],
    ['upper-case hex', SIGNATURE.toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['hex that is cut off', SIGNATURE.slice(0, 20)],
  ])('is replaced as %s', (_, written) => {
    expect(shown(`expected ${written}`)).toBe('expected [signature of the request]');
  });

  it('is not computed where it is known', () => {
    const answer = { headers: [], body: Buffer.from(`expected ${SIGNATURE}`), error: null };
    const known = { secret: SECRET, signature: SIGNATURE };
    const signed = Buffer.from('another body');
    expect(conceal(answer, signed, () => known).body.toString()).toBe(
      'expected [signature of the request]',
    );
    expect(conceal(answer, signed, () => null)).toBe(answer);
  });

  it('is another for other bytes, and that one stays', () => {
    const other = signPayload(Buffer.from('{}'), SECRET);
    expect(shown(`got ${other}`)).toBe(`got ${other}`);
  });
});

it('hands on the same object where there is nothing to replace', () => {
  const answer = {
    headers: [['Content-Type', 'text/plain'] as const],
    body: Buffer.from([0xff, 0xfe, 0x00]),
    error: null,
  };
  expect(conceal(answer, SIGNED)).toBe(answer);
});

it('leaves bytes that are not text as they are', () => {
  const body = Buffer.concat([Buffer.from([0xff, 0x80]), Buffer.from(SECRET), Buffer.from([0xc3])]);
  const answer = { headers: [], body, error: null };
  const left = conceal(answer, SIGNED).body;
  expect(left).toEqual(
    Buffer.concat([
      Buffer.from([0xff, 0x80]),
      Buffer.from('[signing secret]'),
      Buffer.from([0xc3]),
    ]),
  );
});

describe('one part that is replaced', () => {
  const PLAIN = 'plain-secret-0123456789';
  const concealPlain = createConceal([PLAIN]);
  const clean = {
    headers: [
      ['A', 'b'],
      ['C', 'd'],
    ] as const,
    body: Buffer.from('e'),
    error: 'f',
  };

  it.each([
    [
      'a header among others',
      {
        headers: [
          ['A', 'b'],
          ['C', PLAIN],
        ] as const,
      },
    ],
    ['the body', { body: Buffer.from(PLAIN) }],
    ['the reason of a failure', { error: PLAIN }],
  ])('leaves the others as they are: %s', (_, change) => {
    const answer = { ...clean, ...change };
    const left = concealPlain(answer, SIGNED);
    expect(JSON.stringify(left)).not.toContain(PLAIN);
    const text = [...left.headers.map(([, value]) => value), String(left.body), left.error];
    expect(text.filter((it) => it === '[signing secret]')).toHaveLength(1);
    expect(left.body === answer.body).toBe(!('body' in change));
  });

  it('is found in an answer of headers alone, and of a reason alone', () => {
    const headers = [['A', PLAIN]] as const;
    const none = { headers: [], body: Buffer.alloc(0), error: null };
    expect(concealPlain({ ...none, headers }, SIGNED).headers).toEqual([['A', '[signing secret]']]);
    expect(concealPlain({ ...none, error: PLAIN }, SIGNED).error).toBe('[signing secret]');
    expect(concealPlain(none, SIGNED)).toBe(none);
  });
});

it('only the end of an answer counts as cut off within a secret', () => {
  const secret = 'plain-secret-0123456789';
  const shown = (text: string): string =>
    createConceal([secret])(answerOf(text), SIGNED).body.toString();
  const beginning = secret.slice(0, 12);
  expect(shown(`${beginning}, and more`)).toBe(`${beginning}, and more`);
  // All of it but the last character, and a beginning that is too short to say.
  expect(shown(secret.slice(0, -1))).toBe('[signing secret]');
  expect(createConceal(['abcdefghij'])(answerOf('abcdefg'), SIGNED).body.toString()).toBe(
    'abcdefg',
  );
  expect(createConceal(['abcdefghij'])(answerOf('abcdefgh'), SIGNED).body.toString()).toBe(
    '[signing secret]',
  );
});

it('a secret of three characters is not looked for, one of four is', () => {
  expect(createConceal(['abc'])(answerOf('xabcx'), SIGNED).body.toString()).toBe('xabcx');
  expect(createConceal(['abcd'])(answerOf('xabcdx'), SIGNED).body.toString()).toBe(
    'x[signing secret]x',
  );
});

function answerOf(body: string) {
  return { headers: [], body: Buffer.from(body), error: null };
}
