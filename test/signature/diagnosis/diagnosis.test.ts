import { createHmac } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose, explainRequest } from '../../../src/signature/diagnosis/diagnosis.ts';
import { decodeSingleByte } from '../../../src/signature/diagnosis/bodies/charsets.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import type { Reason, SecretCandidate, Verification } from '../../../src/signature/verify.ts';

const HEADER = 'X-Relyable-Signature';

function chosen(value: string, source = 'RELYABLE_WEBHOOK_SECRET'): SecretCandidate {
  return { source, value, role: 'chosen' };
}

function hmac(body: Uint8Array | string, key: Uint8Array | string, algorithm = 'sha256'): Buffer {
  return createHmac(algorithm, key).update(body).digest();
}

/** What is found for a received body, with a secret, and a signature as received. */
function find(
  body: Buffer | string,
  secret: string | readonly SecretCandidate[],
  signature: string | readonly string[],
  headers: readonly HeaderPair[] = [],
): Verification {
  const values = typeof signature === 'string' ? [signature] : signature;
  return diagnose(
    {
      body: Buffer.from(body),
      headers: [...headers, ...values.map((value): HeaderPair => [HEADER, value])],
    },
    typeof secret === 'string' ? [chosen(secret)] : secret,
  );
}

/** Payloads such as Relyable's, with text, numbers and nesting of all kinds. */
const payloads = fc.record({
  event: fc.constantFrom('test_run.completed', 'agent.score_dropped', 'x'),
  timestamp: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  data: fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
});
const secrets = fc.string({ minLength: 12, maxLength: 60 }).filter((text) => {
  const trimmed = text.trim();
  return trimmed === text && !/^["'`“‘]/.test(text);
});
const texts = payloads.map((payload) => JSON.stringify(payload));

// Shrinking is bounded: every try costs a whole search.
// The cases of CI are always the same: there more of them would show nothing more.
const runs = {
  numRuns: process.env['CI'] === undefined ? 25 : 10,
  interruptAfterTimeLimit: 20_000,
};

describe('the sentence of a reason', () => {
  const body = '{"event": "x", "n": 1.0}\n';
  const secret = 'whsec_sentence';
  const mac = hmac(body, secret);
  const hex = mac.toString('hex');
  const sentences: readonly [signature: string | readonly string[], sentence: string][] = [
    [`sha256=${hex}`, 'but it has the prefix "sha256="'],
    [`"${hex}"`, 'but it is in quotes'],
    [`t=1700000000,${hex}`, 'but it is next to a timestamp'],
    [hex.toUpperCase(), 'but it is in upper-case hex'],
    [`0x${hex.toUpperCase()}`, 'but it has the prefix "0x" and is in upper-case hex'],
    [mac.toString('base64'), 'but it is in base64 instead of hex'],
    [Buffer.from(hex).toString('base64'), 'but it is the hex text in base64 again'],
    [hex.slice(0, 32), 'but it is cut to 32 of 64 hex digits'],
    [hmac(body, secret, 'sha1').toString('hex'), 'but it is made with SHA-1 instead of SHA-256'],
    [[`v1=${hex}`, 'v0=0'], 'but it is one of 2 values and has the prefix "v1="'],
  ];
  it.each(sentences)('%s', (signature, sentence) => {
    expect(find(body, secret, signature).detail).toBe(
      `the signature matches the body as it is here, ${sentence}`,
    );
  });

  it('says what else is wrong after what matches', () => {
    const other = hmac(body.trimEnd(), `${secret}\n`).toString('base64');
    expect(find(body, secret, other).detail).toBe(
      `the signature matches the body without its last line end (${body.length - 1} bytes, here ${body.length}), if the key is the secret with a line feed at its end; and it is in base64 instead of hex`,
    );
    const known: SecretCandidate = { source: 'OTHER_SECRET', value: 'whsec_other', role: 'known' };
    const quoted = hmac(body, '"whsec_other"').toString('hex');
    expect(find(body, [chosen(secret), known], quoted).detail).toBe(
      'the signature matches the body as it is here, if the key is the secret with double quotes around it (that is OTHER_SECRET)',
    );
    expect(find(body, secret, hmac(body, 'undefined').toString('hex')).detail).toContain(
      'if the key is the text "undefined", which an unset variable becomes',
    );
  });

  it('of no reason names the secrets that were tried', () => {
    const wrong = 'ab'.repeat(32);
    const head = `not match the ${body.length} bytes of the body with RELYABLE_WEBHOOK_SECRET; tried `;
    expect(find(body, secret, wrong).detail).toContain(`the signature does ${head}`);
    expect(find(body, secret, [wrong, wrong]).detail).toContain(`the 2 signatures do ${head}`);
  });
});

describe('how the signature is written', () => {
  const notations: Record<string, (mac: Buffer) => string> = {
    signature_prefixed: (mac) => `sha256=${mac.toString('hex')}`,
    signature_base64: (mac) => mac.toString('base64'),
    signature_base64url: (mac) => mac.toString('base64url'),
    signature_truncated: (mac) => mac.toString('hex').slice(0, 32),
  };
  it.each(Object.entries(notations))('%s', (reason, write) => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        expect(find(text, secret, write(hmac(text, secret))).reasons).toEqual([reason]);
      }),
      runs,
    );
  });

  it('signature_uppercase', () => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        const value = hmac(text, secret).toString('hex').toUpperCase();
        expect(find(text, secret, value).reason).toBe('signature_uppercase');
      }),
      runs,
    );
  });

  it.each(['v1=', 'v1,', 'hmac-sha256=', 'HMAC-SHA256 ', 'sha256:', '0x'])(
    'prefix %j',
    (prefix) => {
      const value = `${prefix}${hmac('{}', 'a secret').toString('hex')}`;
      expect(find('{}', 'a secret', value)).toMatchObject({ reasons: ['signature_prefixed'] });
    },
  );

  it.each([16, 17, 31, 40, 63])('the first %i digits', (digits) => {
    const value = hmac('{}', 'a secret').toString('hex').slice(0, digits);
    expect(find('{}', 'a secret', value)).toMatchObject({ reasons: ['signature_truncated'] });
  });

  it('does not take fewer than 16 digits for a proof', () => {
    const value = hmac('{}', 'a secret').toString('hex').slice(0, 15);
    expect(find('{}', 'a secret', value).reason).toBe('signature_malformed');
  });

  it.each([
    ['two headers', [hmac('{}', 'other').toString('hex'), hmac('{}', 'a secret').toString('hex')]],
    [
      'a list in one header',
      `${hmac('{}', 'other').toString('hex')}, ${hmac('{}', 'a secret').toString('hex')}`,
    ],
  ])('signature_multiple: %s', (_, value) => {
    expect(find('{}', 'a secret', value)).toMatchObject({ reasons: ['signature_multiple'] });
  });

  it.each(['sha1', 'sha512'])('%s', (algorithm) => {
    fc.assert(
      fc.property(texts, secrets, fc.boolean(), (text, secret, isHex) => {
        const mac = hmac(text, secret, algorithm);
        const { reasons } = find(text, secret, mac.toString(isHex ? 'hex' : 'base64'));
        expect(reasons).toContain(`algorithm_${algorithm}`);
      }),
      runs,
    );
  });
});

describe('the secret', () => {
  const alterations: Record<string, (secret: string) => string | Buffer> = {
    'secret_whitespace: LF': (secret) => `${secret}\n`,
    'secret_whitespace: CRLF': (secret) => `${secret}\r\n`,
    'secret_whitespace: space': (secret) => `${secret} `,
    'secret_quoted: double': (secret) => `"${secret}"`,
    'secret_quoted: single': (secret) => `'${secret}'`,
  };
  it.each(Object.entries(alterations))('%s at the sender', (name, alter) => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        const value = hmac(text, alter(secret)).toString('hex');
        expect(find(text, secret, value).reasons).toEqual([name.split(':')[0]]);
      }),
      runs,
    );
  });

  it.each(Object.entries(alterations))('%s here', (name, alter) => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        const value = hmac(text, secret).toString('hex');
        expect(find(text, String(alter(secret)), value).reasons).toEqual([name.split(':')[0]]);
      }),
      runs,
    );
  });

  it('secret_base64_decoded, with and without its prefix', () => {
    fc.assert(
      fc.property(
        texts,
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.constantFrom('', 'whsec_', 'whsec_test_'),
        (text, key, prefix) => {
          const secret = `${prefix}${Buffer.from(key).toString('base64')}`;
          const value = hmac(text, key).toString('hex');
          expect(find(text, secret, value).reasons).toEqual(['secret_base64_decoded']);
        },
      ),
      runs,
    );
  });

  it('secret_hex_decoded', () => {
    fc.assert(
      fc.property(texts, fc.uint8Array({ minLength: 16, maxLength: 32 }), (text, key) => {
        const secret = Buffer.from(key).toString('hex');
        const value = hmac(text, key).toString('hex');
        expect(find(text, secret, value).reasons).toEqual(['secret_hex_decoded']);
      }),
      runs,
    );
  });

  it('secret_other_known names the one that matches', () => {
    const all = [chosen('first secret'), { ...chosen('second', 'config'), role: 'known' as const }];
    const verdict = find('{}', all, hmac('{}', 'second').toString('hex'));
    expect(verdict).toMatchObject({
      valid: false,
      reasons: ['secret_other_known'],
      secretSource: 'config',
    });
  });

  it.each(['', 'undefined', 'None'])('secret_empty: %j', (key) => {
    expect(find('{}', 'a secret', hmac('{}', key).toString('hex'))).toMatchObject({
      valid: false,
      reasons: ['secret_empty'],
      secretSource: null,
    });
  });

  it('secret_whitespace, though another secret is the same without it', () => {
    const clean: SecretCandidate = { source: 'development', value: 'whsec_other', role: 'known' };
    const hex = hmac('{}', clean.value).toString('hex');
    for (const [value, reason] of [
      ['whsec_other\n', 'secret_whitespace'],
      ['"whsec_other"', 'secret_quoted'],
    ] as const) {
      expect(find('{}', [chosen(value), clean], hex).reasons).toEqual([reason]);
    }
  });

  it('never names the secret', () => {
    const secret = 'whsec_SGVsbG8gd29ybGQgdGhpcyBpcyBh';
    for (const key of [`${secret}\n`, `"${secret}"`, Buffer.from(secret.slice(6), 'base64')]) {
      const verdict = find('{}', secret, hmac('{}', key).toString('hex'));
      expect(verdict.reason).not.toBe('secret_wrong_or_body_changed');
      expect(JSON.stringify(verdict)).not.toContain(secret.slice(6));
    }
  });
});

describe('the body', () => {
  /** Both directions: made over the changed form, and made over the body before the change. */
  const changes: readonly [Reason, string, (text: string) => string | Buffer][] = [
    ['body_trailing_newline', 'LF', (text) => `${text}\n`],
    ['body_trailing_newline', 'CRLF', (text) => `${text}\r\n`],
    ['body_bom', 'BOM', (text) => `\ufeff${text}`],
    ['body_gzip', 'gzip', (text) => gzipSync(text)],
    ['body_gzip', 'deflate', (text) => deflateSync(text)],
    ['body_urlencoded_form', 'payload=', (text) => String(new URLSearchParams({ payload: text }))],
    ['body_urlencoded_form', 'whole', (text) => String(new URLSearchParams([[text, '']]))],
  ];
  it.each(changes)('%s (%s): signed after the change', (reason, _, change) => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        const value = hmac(change(text), secret).toString('hex');
        expect(find(text, secret, value).reasons).toEqual([reason]);
      }),
      runs,
    );
  });

  it.each(changes)('%s (%s): signed before the change', (reason, _, change) => {
    fc.assert(
      fc.property(texts, secrets, (text, secret) => {
        const value = hmac(text, secret).toString('hex');
        expect(find(Buffer.from(change(text)), secret, value).reasons).toEqual([reason]);
      }),
      runs,
    );
  });

  it('body_gzip: brotli named by Content-Encoding', () => {
    const body = brotliCompressSync('{"event":"x"}');
    const value = hmac('{"event":"x"}', 'a secret').toString('hex');
    const verdict = find(body, 'a secret', value, [['content-encoding', 'br']]);
    expect(verdict.reasons).toEqual(['body_gzip']);
  });

  it('body_crlf in both directions', () => {
    fc.assert(
      fc.property(payloads, secrets, fc.boolean(), (payload, secret, isCrlfHere) => {
        const lf = JSON.stringify(payload, null, 2);
        const crlf = lf.replace(/\n/g, '\r\n');
        const [here, signed] = isCrlfHere ? [crlf, lf] : [lf, crlf];
        const value = hmac(signed, secret).toString('hex');
        expect(find(here, secret, value).reasons).toEqual(['body_crlf']);
      }),
      runs,
    );
  });

  it('body_truncated: only a beginning was signed', () => {
    fc.assert(
      fc.property(
        texts,
        secrets,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (text, secret, at) => {
          const body = Buffer.from(text);
          // Of larger bodies only likely lengths are tried.
          fc.pre(body.length < 4000);
          const length = Math.max(1, Math.floor(at * (body.length - 1)));
          const value = hmac(body.subarray(0, length), secret).toString('hex');
          expect(find(body, secret, value).reasons).toEqual(['body_truncated']);
        },
      ),
      runs,
    );
  });

  it('body_truncated: the closing brackets are missing here, or nothing was read', () => {
    const whole = '{"event":"x","data":{"list":[1,2]}}';
    const value = hmac(whole, 'a secret').toString('hex');
    expect(find(whole.slice(0, -2), 'a secret', value).reasons).toEqual(['body_truncated']);
    const none = hmac('', 'a secret').toString('hex');
    expect(find(whole, 'a secret', none).reasons).toEqual(['body_truncated']);
  });

  it('charset_latin1 in both directions, Windows-1252 included', () => {
    const text = '{"agent":"Zoë – “Müller”"}';
    const utf8 = Buffer.from(text);
    const forms = (['latin-1', 'Windows-1252'] as const).map((charset) =>
      Buffer.from(decodeSingleByte(utf8, charset), 'utf8'),
    );
    forms.push(Buffer.from('{"agent":"Zo\xeb"}', 'latin1'));
    for (const form of forms.slice(0, 2)) {
      const value = hmac(form, 'a secret').toString('hex');
      expect(find(utf8, 'a secret', value).reasons).toEqual(['charset_latin1']);
    }
    const latin = Buffer.from('{"agent":"Zo\xeb"}', 'latin1');
    const utf = Buffer.from('{"agent":"Zoë"}');
    for (const [here, signed] of [
      [latin, utf],
      [utf, latin],
    ] as const) {
      const value = hmac(signed, 'a secret').toString('hex');
      expect(find(here, 'a secret', value).reasons).toEqual(['charset_latin1']);
    }
  });

  it.each([
    ['t.body', (t: string, body: string) => `${t}.${body}`],
    ['t:body', (t: string, body: string) => `${t}:${body}`],
    ['v0:t:body', (t: string, body: string) => `v0:${t}:${body}`],
    ['id.t.body', (t: string, body: string) => `msg_42.${t}.${body}`],
    ['body.t', (t: string, body: string) => `${body}.${t}`],
  ])('timestamp_prefixed: %s', (_, join) => {
    fc.assert(
      fc.property(texts, secrets, fc.integer({ min: 1e9, max: 2e9 }), (text, secret, time) => {
        const value = hmac(join(String(time), text), secret).toString('hex');
        const verdict = find(text, secret, value, [
          ['X-Relyable-Timestamp', String(time)],
          ['Webhook-Id', 'msg_42'],
        ]);
        expect(verdict.reasons).toEqual(['timestamp_prefixed']);
      }),
      runs,
    );
  });
});

describe('two causes at once', () => {
  const body = '{"event":"test_run.completed","data":{"score":70}}';
  const secret = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdA==';

  it('secret_whitespace and body_trailing_newline', () => {
    const value = hmac(`${body}\n`, `${secret}\n`).toString('hex');
    expect(find(body, secret, value).reasons).toEqual([
      'secret_whitespace',
      'body_trailing_newline',
    ]);
  });

  it('secret_quoted and body_reserialized', () => {
    const value = hmac(JSON.stringify(JSON.parse(body), null, 2), `"${secret}"`).toString('hex');
    expect(find(body, secret, value).reasons).toEqual(['secret_quoted', 'body_reserialized']);
  });

  it('secret_quoted and secret_whitespace', () => {
    const value = hmac(body, `"${secret}"\n`).toString('hex');
    expect(find(body, secret, value).reasons.toSorted()).toEqual([
      'secret_quoted',
      'secret_whitespace',
    ]);
  });

  it('a rewritten body with a line feed', () => {
    const value = hmac(`${JSON.stringify(JSON.parse(body), null, 2)}\n`, secret).toString('hex');
    expect(find(body, secret, value).reasons).toEqual([
      'body_reserialized',
      'body_trailing_newline',
    ]);
  });

  it('a compressed body that was rewritten before', () => {
    const value = hmac(JSON.stringify(JSON.parse(body), null, 2), secret).toString('hex');
    expect(find(gzipSync(body), secret, value).reasons).toEqual(['body_gzip', 'body_reserialized']);
  });

  it('a BOM and a line end', () => {
    const value = hmac(`${body}\r\n`, secret).toString('hex');
    expect(find(`\ufeff${body}`, secret, value).reasons.toSorted()).toEqual([
      'body_bom',
      'body_trailing_newline',
    ]);
  });

  it('SHA-1 over a body without its line feed', () => {
    const value = hmac(body, secret, 'sha1').toString('hex');
    expect(find(`${body}\n`, secret, value).reasons).toEqual([
      'algorithm_sha1',
      'body_trailing_newline',
    ]);
  });

  it('the whole scheme of Standard Webhooks', () => {
    const key = Buffer.from(secret.slice(6), 'base64');
    const value = `v1,${hmac(`msg_1.1700000000.${body}`, key).toString('base64')}`;
    const verdict = find(body, secret, value, [
      ['webhook-id', 'msg_1'],
      ['webhook-timestamp', '1700000000'],
    ]);
    expect(verdict.reasons).toEqual([
      'signature_prefixed',
      'signature_base64',
      'secret_base64_decoded',
      'timestamp_prefixed',
    ]);
  });

  it('the whole scheme of Stripe', () => {
    const value = `t=1700000000,v1=${hmac(`1700000000.${body}`, secret).toString('hex')}`;
    const verdict = find(body, secret, value);
    expect(verdict.reasons).toEqual(['signature_prefixed', 'timestamp_prefixed']);
  });
});

describe('a body with more to escape than is rewritten', () => {
  const body = JSON.stringify({ event: 'x', note: '"'.repeat(2_000_000) });
  const secret = 'whsec_escapes';

  it('is still examined in every other way', () => {
    const value = hmac(`${body}\n`, secret).toString('hex');
    expect(find(body, secret, value).reason).toBe('body_trailing_newline');
  });

  it('is not said to be rewritten, and not said to be searched to the end', () => {
    const value = hmac(JSON.stringify(JSON.parse(body), null, 2), secret).toString('hex');
    const { reason, detail } = find(body, secret, value);
    expect(reason).toBe('secret_wrong_or_body_changed');
    expect(detail).toContain('stopped at the limit of work');
  });
});

// Where the work grew with the square of these, they would take hours.
it.each([
  ['zeros in a number', `{"n":1.${'0'.repeat(1_000_000)}1}`],
  ['digits', `{"n":${'7'.repeat(1_000_000)}}`],
  ['marks on a letter', `{"d":"a${'\u0301'.repeat(300_000)}${'\u0327'.repeat(300_000)}"}`],
  ['base64', 'QUJD'.repeat(1_000_000)],
  ['plain text beside one escape', `{"a":"&${'x'.repeat(4_000_000)}"}`],
])('a body of very many %s is examined like any other', (_, body) => {
  const value = hmac(`${body}\n`, 'a secret').toString('hex');
  expect(find(body, 'a secret', value).reason).toBe('body_trailing_newline');
});

it('text in another Unicode form', () => {
  for (const [held, signed] of [
    ['NFC', 'NFD'],
    ['NFD', 'NFC'],
  ] as const) {
    const body = '{"name":"Zo\u00eb Nguy\u1ec5n"}';
    const value = hmac(body.normalize(signed), 'a secret').toString('hex');
    expect(find(body.normalize(held), 'a secret', value).detail).toContain(
      `Unicode form ${signed}`,
    );
  }
});

it.each(['eyJhIjoxfQ==', 'eyJhIjoxfQ', 'eyJhIjoiYmMifQ=='])('a body in base64: %s', (body) => {
  const value = hmac(Buffer.from(body, 'base64'), 'a secret').toString('hex');
  expect(find(body, 'a secret', value).detail).toContain('decoded from base64');
});

describe('nothing explains it', () => {
  it('random signatures never get another reason', () => {
    fc.assert(
      fc.property(
        texts,
        secrets,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const),
        (text, secret, mac, encoding) => {
          const verdict = find(text, secret, Buffer.from(mac).toString(encoding));
          expect(verdict).toMatchObject({
            valid: false,
            reasons: ['secret_wrong_or_body_changed'],
            secretSource: null,
          });
          expect(verdict.detail).toMatch(/tried \d+ forms of the body.*\d+ HMACs/);
          expect(verdict.fix).toMatch(/^1\. .+ 2\. .+ 3\. .+/);
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each(['hello', '????', 'sha256=', ',,,', '0x', '=', 'a'.repeat(100_000), 'v1,'.repeat(5000)])(
    'a header that is not a MAC: %.20s',
    (value) => {
      expect(find('{}', 'a secret', value).reason).toMatch(
        /signature_malformed|secret_wrong_or_body_changed/,
      );
    },
  );

  it('points at a length that does not fit and at a masked secret', () => {
    const value = hmac('{}', 'x').toString('hex');
    expect(find('{}', 'whsec_••••••', value, [['Content-Length', '999']]).fix).toMatch(
      /Content-Length says 999 and 2 bytes are here.*masked copy/,
    );
  });
});

describe('hostile bodies', () => {
  const value = hmac('something else', 'a secret').toString('hex');
  it.each([
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['levels never closed', '{"a":'.repeat(100_000)],
    ['__proto__', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'],
    ['a long number', `{"n":${'9'.repeat(20_000)}}`],
    ['a huge exponent', '{"n":1e999999999}'],
    ['only "="', '='.repeat(100_000)],
    ['only line feeds', '\n'.repeat(100_000)],
    ['bytes that are not text', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['a gzip bomb', gzipSync(Buffer.alloc(20 * 1024 * 1024))],
  ])('%s', (_, body) => {
    expect(find(body, 'a secret', value).reason).toBe('secret_wrong_or_body_changed');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('explainRequest', () => {
  it('shows the first byte that differs', () => {
    const body = Buffer.from('{"event":"x","data":{"score":70}}');
    const signed = '{"event": "x", "data": {"score": 70}}';
    const explanation = explainRequest(
      { body, headers: [[HEADER, hmac(signed, 'a secret').toString('hex')]] },
      [chosen('a secret')],
    );
    expect(explanation.signed?.bytes.toString()).toBe(signed);
    expect(explanation.received.length).toBe(body.length);
    expect(explanation.difference?.offset).toBe(9);
    expect(explanation.difference?.received.after.toString()).toMatch(/^"x"/);
    expect(explanation.difference?.signed.after.toString()).toMatch(/^ "x"/);
  });

  it('has nothing to explain where the signature is right', () => {
    const body = Buffer.from('{}');
    const headers: HeaderPair[] = [[HEADER, hmac(body, 'a secret').toString('hex')]];
    const explanation = explainRequest({ body, headers }, [chosen('a secret')]);
    expect(explanation.verification.valid).toBe(true);
    expect(explanation.difference).toBeNull();
    expect(explanation.signed?.bytes).toEqual(explanation.received);
  });
});
