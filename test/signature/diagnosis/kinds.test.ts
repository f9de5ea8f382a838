import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/signature/diagnosis/diagnosis.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import type { Reason, SecretCandidate, Verification } from '../../../src/signature/verify.ts';

const SECRET = 'whsec_kinds_of_mistakes_42';
const BODY =
  '{"event":"agent.score_dropped","timestamp":"2026-03-04T05:06:07Z","data":{"agent_id":"agent_9","score":41.5,"note":"a/b <c> & \'d\' ","tags":["x","y"],"more":{},"none":null,"empty":""}}';

/** A machine has these, too. */
const KNOWN: readonly SecretCandidate[] = [
  { source: 'the development secret', value: 'whsec_dev_of_this_machine', role: 'known' },
  { source: 'the test secret', value: 'whsec_test_of_exports', role: 'known' },
];

type Bytes = string | Buffer;

function mac(body: Bytes, key: Bytes = SECRET, algorithm = 'sha256'): Buffer {
  return createHmac(algorithm, key).update(body).digest();
}

function hex(body: Bytes, key: Bytes = SECRET): string {
  return mac(body, key).toString('hex');
}

function judge(
  signature: string,
  {
    body = BODY,
    secret = SECRET,
    headers = [],
    header = 'X-Relyable-Signature',
  }: {
    readonly body?: Bytes;
    readonly secret?: string;
    readonly headers?: readonly HeaderPair[];
    readonly header?: string;
  } = {},
): Verification {
  return diagnose(
    {
      method: 'POST',
      path: '/hooks/in',
      headers: [['Host', 'app.test'], ...headers, [header, signature]],
      body: Buffer.from(body),
    },
    [{ source: 'RELYABLE_WEBHOOK_SECRET', value: secret, role: 'chosen' }, ...KNOWN],
  );
}

const value = JSON.parse(BODY) as {
  readonly event: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
};

/** JSON of the value with some strings, numbers or members changed. */
function changed(change: (key: string, item: unknown) => unknown): string {
  return JSON.stringify(value, (key, item: unknown) => change(key, item));
}

function changedKeys(rename: (key: string) => string): string {
  return BODY.replace(/"(\w+)":/g, (_, key: string) => `"${rename(key)}":`);
}

const camel = (key: string): string =>
  key.replace(/_(.)/g, (_, char: string) => char.toUpperCase());

const bytes = [...Buffer.from(BODY)];
const bracketed = Buffer.from(BODY).toString('base64');

/** The signature is over something made of the body. */
const signedOver: readonly (readonly [
  name: string,
  reason: Reason,
  signed: Bytes,
  words: RegExp,
])[] = [
  ['base64 with lines', 'body_encoded', bracketed.replace(/.{76}/g, '$&\n'), /76 characters/],
  ['the JSON of a Buffer', 'body_encoded', JSON.stringify(Buffer.from(BODY)), /JSON of a Buffer/],
  ['String(Uint8Array)', 'body_encoded', bytes.join(','), /Uint8Array/],
  ['a Go slice', 'body_encoded', `[${bytes.join(' ')}]`, /Go prints/],
  ['a promise', 'body_reserialized', '[object Promise]', /not awaited/],
  ['a stream', 'body_reserialized', '[object ReadableStream]', /stream/],
  ['a byte array of .NET', 'body_reserialized', 'System.Byte[]', /\.NET/],
  ['trimmed strings', 'body_reserialized', BODY.replace("'d' ", "'d'"), /trimmed/],
  [
    'empty strings as null',
    'body_reserialized',
    BODY.replace('"empty":""', '"empty":null'),
    /null/,
  ],
  ['no null members', 'body_reserialized', BODY.replace('"none":null,', ''), /without its null/],
  ['numbers as strings', 'body_reserialized', BODY.replace('41.5', '"41.5"'), /strings/],
  ['HTML entities', 'body_reserialized', BODY.replace('<c> &', '&lt;c&gt; &amp;'), /entities/],
  ['PHP arrays', 'body_reserialized', BODY.replace('{}', '[]'), /PHP/],
  [
    'forced objects',
    'body_reserialized',
    BODY.replace('["x","y"]', '{"0":"x","1":"y"}'),
    /FORCE_OBJECT/,
  ],
  ['camelCase', 'body_reserialized', changedKeys(camel), /camelCase/],
  ['another date', 'body_reserialized', BODY.replace('07Z', '07+00:00'), /isoformat/],
  [
    'Unix time',
    'body_reserialized',
    BODY.replace('"2026-03-04T05:06:07Z"', '1772600767'),
    /Unix seconds/,
  ],
  [
    'a date of another zone',
    'body_reserialized',
    BODY.replace('05:06:07Z', '06:06:07+01:00'),
    /zone \+01:00/,
  ],
  ['data alone', 'body_part', JSON.stringify(value.data), /only "data"/],
  [
    'data without spaces of Python',
    'body_part',
    JSON.stringify(value.data).replace(/(?<=[}\]",\w])([,:])(?=["[{\dn])/g, '$1 '),
    /only "data"/,
  ],
  ['one member', 'body_part', value.event, /only "event"/],
  [
    'without a member',
    'body_part',
    changed((key, item) => (key === 'timestamp' ? undefined : item)),
    /without "timestamp"/,
  ],
  ['members joined', 'body_part', `${value.event}.${JSON.stringify(value.data)}`, /joined/],
  ['inside an object', 'body_wrapped', `{"payload":${BODY}}`, /inside an object/],
  ['inside an array', 'body_wrapped', `[${BODY}]`, /inside an array/],
  ['twice', 'body_chunks', BODY + BODY, /twice/],
  ['undefined in front', 'body_chunks', `undefined${BODY}`, /undefined/],
  [
    'NUL padding',
    'body_chunks',
    Buffer.concat([Buffer.from(BODY), Buffer.alloc(256 - BODY.length)]),
    /NUL/,
  ],
  ['the last chunk', 'body_chunks', BODY.slice(100), /last chunk/],
  [
    'a comma between chunks',
    'body_chunks',
    `${BODY.slice(0, 50)},${BODY.slice(50)}`,
    /between two chunks/,
  ],
  ['UTF-16', 'charset_other', Buffer.from(BODY, 'utf16le'), /UTF-16/],
  [
    'a printed Ruby hash',
    'body_reserialized',
    BODY.replaceAll('":', '"=>').replaceAll(',"', ', "').replace('null', 'nil'),
    /Ruby/,
  ],
  ['a form parser', 'body_urlencoded_form', JSON.stringify({ [BODY]: '' }), /form parser/],
  ['the URL in front', 'url_signed', `https://app.test/hooks/in${BODY}`, /URL/],
  ['method and path', 'url_signed', `POST\n/hooks/in\n${BODY}`, /method, path/],
  ['carriage returns', 'body_trailing_newline', `${BODY}\r`, /carriage return/],
  ['two byte order marks', 'body_bom', `\ufeff\ufeff${BODY}`, /two byte order marks/],
];

describe('the signature is over', () => {
  it.each(signedOver)('%s', (_, reason, signed, words) => {
    const verdict = judge(hex(signed));
    expect(verdict.reasons).toEqual([reason]);
    expect(verdict.detail).toMatch(words);
    expect(verdict.fix).not.toBe('');
  });
});

const spans = BODY.replaceAll('"', '<i>"</i>').replace('<c>', '&lt;c&gt;').replace('& ', '&amp; ');

/** The body here is something made of the signed one. */
const heldAs: readonly (readonly [name: string, reason: Reason, held: Bytes])[] = [
  ['base64 with a line feed', 'body_encoded', `${bracketed}\n`],
  ['base64 in quotes', 'body_encoded', `"${bracketed}"`],
  ['a data URL', 'body_encoded', `data:application/json;base64,${bracketed}`],
  ['hex', 'body_encoded', Buffer.from(BODY).toString('hex')],
  ['a list of bytes', 'body_encoded', `[${bytes.join(', ')}]`],
  ['the JSON of a Buffer', 'body_encoded', JSON.stringify(Buffer.from(BODY))],
  ['bytes as Python prints them', 'body_encoded', `b"${BODY.replaceAll('"', '\\"')}"`],
  ['escaped quotes', 'body_encoded', BODY.replaceAll('"', '\\"')],
  ['HTML', 'body_wrapped', `<pre>${spans}</pre>`],
  ['quotes', 'body_wrapped', `'${BODY}'`],
  ['a log line', 'body_wrapped', `12:00:01 INFO got ${BODY}\n`],
  ['an event with a text', 'body_wrapped', JSON.stringify({ headers: {}, body: BODY })],
  [
    'an event with base64',
    'body_wrapped',
    JSON.stringify({ isBase64Encoded: true, body: bracketed }),
  ],
  ['an event with an object', 'body_wrapped', `{"headers":{},"body":${BODY}}`],
  ['UTF-16', 'charset_other', Buffer.from(`\ufeff${BODY}`, 'utf16le')],
  [
    'a multipart form',
    'body_urlencoded_form',
    `--b\r\nContent-Disposition: form-data; name="payload"\r\n\r\n${BODY}\r\n--b--\r\n`,
  ],
  ['a number of byte order marks', 'body_bom', `\ufeff\ufeff\ufeff${BODY}`],
];

describe('the body here is', () => {
  it.each(heldAs)('%s', (_, reason, body) => {
    expect(judge(hex(BODY), { body }).reason).toBe(reason);
  });

  it('an object as Python prints it', () => {
    const body = "{'event': 'x', 'data': {'ok': True, 'none': None, 'n': 1.5}}";
    const signed = '{"event":"x","data":{"ok":true,"none":null,"n":1.5}}';
    const verdict = judge(hex(signed), { body });
    expect(verdict.reason).toBe('body_reserialized');
    expect(verdict.detail).toContain('printed object');
  });

  it('sorted, and matches in the documented order of keys', () => {
    const signed = '{"event":"x","timestamp":"t","data":{"agent_id":"a","score":1}}';
    const body = '{"data":{"agent_id":"a","score":1},"event":"x","timestamp":"t"}';
    expect(judge(hex(signed), { body }).detail).toContain('documented order');
  });

  it.each([2, 4])('laid out with %i spaces, and is said to be what changed', (indent) => {
    const body = `${JSON.stringify(value, null, indent)}\n`;
    const { detail, fix } = judge(hex(BODY), { body });
    expect(detail).toContain('this copy is what changed');
    expect(detail).not.toContain('rewritten copy');
    // The handler may be right, so the fix is about the copy alone; it holds for the received bytes.
    expect(fix).toBe(
      'Verify the body as it was received: an editor, jq or a pretty printer laid out this copy.',
    );
    expect(judge(hex(BODY), { body: BODY }).valid).toBe(true);
  });
});

const MAC = mac(BODY);
const HEX = MAC.toString('hex');

const written: readonly (readonly [name: string, reason: Reason, signature: string])[] = [
  ['dashes', 'signature_malformed', HEX.toUpperCase().replace(/..(?=.)/g, '$&-')],
  ['colons', 'signature_malformed', HEX.replace(/..(?=.)/g, '$&:')],
  ['a list of bytes', 'signature_malformed', [...MAC].join(',')],
  ['a list of signed bytes', 'signature_malformed', [...new Int8Array(MAC)].join(', ')],
  [
    'bytes without zeros',
    'signature_malformed',
    [...MAC].map((byte) => byte.toString(16)).join(''),
  ],
  ['bytes in reverse', 'signature_malformed', Buffer.from(MAC).reverse().toString('hex')],
  ['hex of hex', 'signature_malformed', Buffer.from(HEX).toString('hex')],
  [
    'percent-encoded base64',
    'signature_malformed',
    encodeURIComponent(`sha256=${MAC.toString('base64')}`),
  ],
  ['angle brackets', 'signature_prefixed', `<${HEX}>`],
  ['a prefix without a mark', 'signature_prefixed', `whsec_${HEX}`],
  ['JSON', 'signature_prefixed', `{"signature":"${HEX}"}`],
  ['parameters', 'signature_prefixed', `keyId="a",signature="${MAC.toString('base64')}"`],
  ['Python bytes', 'signature_prefixed', `b'${HEX}'`],
  ['cut at its start', 'signature_truncated', HEX.slice(20)],
  ['a list with spaces', 'signature_multiple', `${HEX} ${hex('other')}`],
  [
    'the body and the MAC of nothing (Go)',
    'signature_prefixed',
    Buffer.concat([Buffer.from(BODY), mac('')]).toString('hex'),
  ],
];

describe('the signature is written as', () => {
  it.each(written)('%s', (_, reason, signature) => {
    const verdict = judge(signature);
    expect(verdict.reasons).toContain(reason);
    expect(verdict.valid).toBe(false);
  });

  it('one of two headers, of which the first is empty', () => {
    const verdict = judge(HEX, { headers: [['X-Relyable-Signature', '']] });
    expect(verdict.reasons).toEqual(['signature_multiple']);
  });

  it.each(['X-Hub-Signature-256', 'HTTP_X_RELYABLE_SIGNATURE', 'X-Relyable-Signatur'])(
    'the value of %s',
    (header) => {
      const verdict = judge(HEX, { header });
      expect(verdict.reasons).toEqual(['signature_misplaced']);
      expect(verdict.detail).toContain(header);
    },
  );

  it('the secret itself, which is not printed', () => {
    const verdict = judge(`Bearer ${SECRET}`);
    expect(verdict.reason).toBe('signature_malformed');
    expect(verdict.detail).toContain('the secret of RELYABLE_WEBHOOK_SECRET itself');
    expect(JSON.stringify(verdict)).not.toContain(SECRET);
  });

  it('a redaction', () => {
    expect(judge('[REDACTED]').detail).toContain('it was redacted');
  });
});

function sha(algorithm: string, ...parts: readonly string[]): string {
  return createHash(algorithm).update(parts.join('')).digest('hex');
}

describe('the call is', () => {
  it.each([
    ['hash(body + secret)', sha('sha256', BODY, SECRET), /body \+ secret/],
    ['hash(secret + body)', sha('sha256', SECRET, BODY), /secret \+ body/],
    ['hash(body)', sha('sha256', BODY), /without the secret/],
    ['swapped', hex(SECRET, BODY), /swapped/],
    ['over a hash', hex(sha('sha256', BODY)), /over the SHA-256 of the body in hex/],
    ['over an HMAC', hex(HEX), /HMAC of the HMAC/],
    ['MD5', mac(BODY, SECRET, 'md5').toString('hex'), /MD5/],
    ['SHA-384', mac(BODY, SECRET, 'sha384').toString('base64'), /SHA-384/],
    ['SHA3-256', mac(BODY, SECRET, 'sha3-256').toString('hex'), /SHA3-256/],
    ['SHA-512/256', mac(BODY, SECRET, 'sha512-256').toString('hex'), /SHA-512\/256/],
  ])('%s', (_, signature, words) => {
    const verdict = judge(signature);
    expect(verdict.reasons).toContain('algorithm_other');
    expect(verdict.detail).toMatch(words);
  });
});

/** What the app signed with, where this secret is held here. */
const altered: readonly (readonly [name: string, reason: Reason, held: string, used: Bytes])[] = [
  ['$NAME expanded', 'secret_altered', 'whsec_ab$Cd3!ef', 'whsec_ab!ef'],
  ['cut at #', 'secret_altered', 'whsec_abc#def', 'whsec_abc'],
  ['$ escaped for Compose', 'secret_altered', 'whsec_ab$cd', 'whsec_ab$$cd'],
  ['percent-encoded', 'secret_altered', 'ab+cd/ef==', 'ab%2Bcd%2Fef%3D%3D'],
  ['plus as space', 'secret_altered', 'ab+cd/ef==', 'ab cd/ef=='],
  ['without padding', 'secret_altered', 'YWJjZGVmZ2g9PQ==', 'YWJjZGVmZ2g9PQ'],
  ['an escape of JSON', 'secret_altered', 'ab+cd==', 'ab\\u002Bcd\\u003D\\u003D'],
  ['a whole line', 'secret_altered', SECRET, `WEBHOOK_SECRET=${SECRET}`],
  ['a whole JSON object', 'secret_altered', SECRET, `{"secret":"${SECRET}"}`],
  ['the value of a line', 'secret_altered', `export SECRET=${SECRET}`, SECRET],
  ['its prefix lost', 'secret_altered', SECRET, SECRET.slice(6)],
  ['its prefix missing here', 'secret_altered', SECRET.slice(6), SECRET],
  ['one of two', 'secret_altered', `${SECRET},whsec_older_one`, SECRET],
  ['its last character missing', 'secret_altered', SECRET, SECRET.slice(0, -1)],
  ['hashed', 'secret_altered', SECRET, sha('sha256', SECRET)],
  ['UTF-16', 'charset_other', SECRET, Buffer.from(SECRET, 'utf16le')],
  ['question marks', 'charset_other', 'whsec_größe_42', 'whsec_gr??e_42'],
  ['an invisible character here', 'secret_whitespace', `${SECRET}\u200b`, SECRET],
  ['an invisible character inside', 'secret_whitespace', 'whsec_\u00adkinds', 'whsec_kinds'],
  ['escaped quotes', 'secret_quoted', SECRET, `\\"${SECRET}\\"`],
  ['quotes here', 'secret_quoted', `“${SECRET}”`, SECRET],
  ['a placeholder', 'secret_empty', SECRET, '%RELYABLE_WEBHOOK_SECRET%'],
];

describe('the secret is', () => {
  it.each(altered)('%s', (_, reason, secret, used) => {
    const verdict = judge(hex(BODY, used), { secret });
    expect(verdict.reasons).toEqual([reason]);
    expect(JSON.stringify(verdict)).not.toContain(secret);
  });
});

describe('nothing is proved, and', () => {
  const wrong = 'ab'.repeat(32);

  it.each([
    ['an event of Lambda', '{"version":"2.0","headers":{},"body":"{}","isBase64Encoded":false}'],
    ['a curl command', "curl -X POST http://localhost -d '{}'"],
    ['a page', '<html><body>{}</body></html>'],
  ])('%s is never said to have a wrong secret', (_, body) => {
    const { reason, fix } = judge(wrong, { body });
    expect(reason).toBe('body_wrapped');
    expect(fix).not.toMatch(/^1\. Compare the secret/);
  });

  it('a recording has no body', () => {
    expect(judge(wrong, { body: '' }).reason).toBe('body_missing');
  });

  it('the secret comes first only where nothing speaks against it', () => {
    expect(judge(wrong).fix).toMatch(/^1\. Compare the secret/);
    expect(judge(wrong, { headers: [['Content-Encoding', 'gzip']] }).fix).toMatch(
      /^1\. Content-Encoding says gzip/,
    );
    expect(judge(wrong, { headers: [['Content-Length', '7']] }).fix).toMatch(/^1\. Content-Length/);
    expect(judge(wrong, { body: "{'a': None}" }).fix).toMatch(/^1\. Print or save the raw body/);
  });
});
