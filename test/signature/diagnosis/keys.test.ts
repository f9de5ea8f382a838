import { describe, expect, it } from 'vitest';
import { type Key, type Keys, listKeys } from '../../../src/signature/diagnosis/keys.ts';
import type { SecretCandidate } from '../../../src/signature/verify.ts';

const chosen = (value: string, source = 'a file'): SecretCandidate => ({
  source,
  value,
  role: 'chosen',
});
const known = (value: string, source = 'known'): SecretCandidate => ({
  source,
  value,
  role: 'known',
});

const texts = (keys: readonly Key[]): string[] => keys.map(({ bytes }) => bytes.toString());
const find = (keys: readonly Key[], text: string): Key | undefined =>
  keys.find(({ bytes }) => bytes.toString() === text);

const GROUPS = ['plain', 'known', 'varied', 'twiceVaried'] as const;

describe('the keys to try', () => {
  const keys: Keys = listKeys([
    chosen('whsec_b25lIHNlY3JldA=='),
    chosen('another', 'second'),
    known('relyable-dev-1'),
  ]);

  it('are the secrets as they are, and then changed', () => {
    expect(texts(keys.plain)).toEqual(['whsec_b25lIHNlY3JldA==', 'another']);
    expect(texts(keys.known)).toEqual(['relyable-dev-1']);
    expect(keys.plain.map(({ source, name, reasons }) => [source, name, reasons])).toEqual([
      ['a file', null, []],
      ['second', null, []],
    ]);
    expect(keys.known[0]).toMatchObject({ isKnownOnly: true, reasons: ['secret_other_known'] });
  });

  it('are distinct, and counted', () => {
    const all = GROUPS.flatMap((group) => keys[group].map(({ bytes }) => bytes.toString('latin1')));
    expect(new Set(all).size).toBe(all.length);
    expect(keys.count).toBe(all.length);
  });

  it('say what was changed, with the fixes for it, and which secret it was', () => {
    expect(find(keys.varied, '"another"')).toMatchObject({
      source: 'second',
      name: 'the secret with double quotes around it',
      reasons: ['secret_quoted'],
      isKnownOnly: false,
    });
    expect(find(keys.varied, '"relyable-dev-1"')).toMatchObject({
      source: 'known',
      reasons: ['secret_other_known', 'secret_quoted'],
      isKnownOnly: true,
    });
    expect(find(keys.twiceVaried, '"another"\n')).toMatchObject({
      name: 'the secret with double quotes around it, the secret with a line feed at its end',
      reasons: ['secret_quoted', 'secret_whitespace'],
    });
    const withoutPrefix = find(keys.varied, 'b25lIHNlY3JldA==');
    expect(withoutPrefix?.fixes).toEqual({ secret_altered: expect.any(String) as string });
    expect(find(keys.varied, '"another"')?.fixes).toEqual({});
  });

  it('are twice changed for two reasons, of chosen secrets only', () => {
    for (const { reasons, isKnownOnly } of keys.twiceVaried) {
      expect(new Set(reasons).size).toBe(2);
      expect(isKnownOnly).toBe(false);
    }
  });

  it('are the common ones of chosen secrets where the body is changed, too', () => {
    const expected = keys.varied.filter(({ isKnownOnly, isRare }) => !isKnownOnly && !isRare);
    expect(keys.cheap).toEqual(expected);
    expect(keys.varied.some(({ isRare }) => isRare)).toBe(true);
    expect(keys.varied.some(({ isKnownOnly }) => isKnownOnly)).toBe(true);
  });

  it('are the decoded ones where a timestamp was signed, too', () => {
    expect(texts(keys.decoded)).toContain('one secret');
    const reasons = new Set(keys.decoded.flatMap((key) => key.reasons));
    expect(reasons).toEqual(new Set(['secret_base64_decoded', 'secret_hex_decoded']));
    const decodedKnown = listKeys([chosen('x'), known('6f6e6520736563726574')]);
    expect(texts(decodedKnown.decoded)).not.toContain('one secret');
    expect(texts(listKeys([chosen('6f6e6520736563726574')]).decoded)).toContain('one secret');
  });
});

it('has what an unset or unreplaced variable reads as', () => {
  const { varied } = listKeys([chosen('x', 'first'), chosen('y')]);
  const named = (text: string): readonly [string | undefined, string | null | undefined] => {
    const key = find(varied, text);
    expect(key).toMatchObject({ reasons: ['secret_empty'], isKnownOnly: false, isRare: false });
    return [key?.source, key?.name];
  };
  expect(named('')).toEqual(['first', 'empty']);
  expect(named('None')).toEqual(['first', 'the text "None", which an unset variable becomes']);
  expect(named('your_webhook_secret')).toEqual([
    'first',
    'the text "your_webhook_secret", a name or placeholder in place of the secret',
  ]);
});

it('has none without a secret', () => {
  expect(listKeys([])).toEqual({
    plain: [],
    known: [],
    varied: [],
    cheap: [],
    decoded: [],
    twiceVaried: [],
    count: 0,
  });
});

it('takes a known secret for a chosen one that differs in what is around it', () => {
  for (const value of ['one-secret', 'one-secret\n', '"one-secret"']) {
    const keys = listKeys([chosen(value), known('one-secret')]);
    expect(keys.known, value).toEqual([]);
  }
  expect(texts(listKeys([chosen('one'), known('two'), known('two')]).known)).toEqual(['two']);
});

it('changes a secret twice only where the first change leaves it short', () => {
  const twice = (length: number): number =>
    listKeys([chosen('x'.repeat(length))]).twiceVaried.filter(({ name }) =>
      name?.startsWith('the secret with a line feed at its end'),
    ).length;
  expect(twice(255)).toBeGreaterThan(0);
  expect(twice(256)).toBe(0);
});

it('computes one MAC for each algorithm with its bytes', () => {
  const [key] = listKeys([chosen('Jefe')]).plain;
  // RFC 4231, test case 2.
  const body = Buffer.from('what do ya want for nothing?');
  expect(key?.mac('sha256').hex(body)).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  expect(key?.mac('sha256')).toBe(key?.mac('sha256'));
  expect(key?.mac('sha512')).not.toBe(key?.mac('sha256'));
});
