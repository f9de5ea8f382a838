import { createHash, createHmac } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { HeaderPair } from '../../../src/request/request.ts';
import type { Effort } from '../../../src/signature/diagnosis/budget.ts';
import { explainRequest } from '../../../src/signature/diagnosis/diagnosis.ts';
import { explanationSteps } from '../../../src/signature/diagnosis/explanation-steps.ts';
import type { SecretCandidate } from '../../../src/signature/verify.ts';

const SECRET = 'whsec_ZXhwbGFuYXRpb25z';
const BODY =
  '{"event":"test_run.completed","timestamp":"2026-03-04T05:06:07Z","data":{"n":1.5,"t":"é/<"}}';
const DEVELOPMENT = 'relyable-dev-00112233445566778899';
const CHOSEN: SecretCandidate = { source: 'the file', value: SECRET, role: 'chosen' };
const KNOWN: SecretCandidate = {
  source: 'the development secret',
  value: DEVELOPMENT,
  role: 'known',
};

interface Sample {
  /** What was signed; the body where none is given. */
  readonly signed?: string | Buffer;
  readonly key?: string | Buffer;
  readonly algorithm?: string;
  /** The header's value, of the MAC. */
  readonly write?: (mac: Buffer) => string;
  /** The header that holds it. */
  readonly header?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string | Buffer;
  readonly secrets?: readonly SecretCandidate[];
  readonly effort?: Effort;
}

const parsed = JSON.parse(BODY) as {
  readonly event: string;
  readonly timestamp: string;
  readonly data: object;
};
const SPACED = BODY.replaceAll('":', '": ').replaceAll(',"', ', "');
const PRETTY = JSON.stringify(parsed, null, 2);
const ASCII = BODY.replace('é', '\\u00e9');
const LONG = `{"text":"${'0123456789'.repeat(900)}"}`;
const mac = (text: string | Buffer, key: string | Buffer = SECRET): Buffer =>
  createHmac('sha256', key).update(text).digest();
const hash = (text: string): (() => string) => {
  return () => createHash('sha256').update(text).digest('hex');
};
/** Signed by nobody who is known here. */
const foreign: Sample = { key: 'a secret of others' };
const hinted: Sample = { ...foreign, effort: 'quick' };

/** One or two of each cause, and what has none; in the words that people read. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  valid: {},
  'no header': { header: 'X-Other', write: () => 'nothing' },
  'an empty header': { write: () => ' ' },
  'two headers, one right': { headers: [['x-relyable-signature', 'f'.repeat(64)]] },
  'two headers, none right': { ...hinted, headers: [['X-Relyable-Signature', 'f'.repeat(64)]] },
  'upper case': { write: (digest) => digest.toString('hex').toUpperCase() },
  'base64 with a prefix': { write: (digest) => `sha256=${digest.toString('base64')}` },
  'a list': { write: (digest) => `t=1700000000,v1=${digest.toString('hex')}` },
  'cut at its end': { write: (digest) => digest.toString('hex').slice(0, 32) },
  'cut at its start': { write: (digest) => digest.toString('hex').slice(32) },
  'digits lost': {
    signed: '{"n":1}',
    body: '{"n":1}',
    write: (digest) => [...digest].map((byte) => byte.toString(16)).join(''),
  },
  'no digest': { write: () => 'signed by me' },
  redacted: { write: () => 'sha256=***' },
  'the secret itself': { write: () => `Bearer ${SECRET}` },
  'the secret itself, known': { write: () => DEVELOPMENT },
  'a short secret in the text': {
    write: () => 'short-secret',
    secrets: [{ ...CHOSEN, value: 'short' }],
  },
  'SHA-1': { algorithm: 'sha1' },
  'SHA-512 of a rewritten body': { algorithm: 'sha512', signed: SPACED },
  MD5: { algorithm: 'md5' },
  'SHA3-256': { algorithm: 'sha3-256' },
  'hash(secret + body)': { write: hash(SECRET + BODY) },
  'hash(secret + rewritten body)': { write: hash(SECRET + ASCII) },
  'swapped arguments': { signed: SECRET, key: BODY },
  'HMAC of the hash': { signed: createHash('sha256').update(BODY).digest('hex') },
  'Sum(body) of Go': { write: () => Buffer.concat([Buffer.from(BODY), mac('')]).toString('hex') },
  'Sum(body) of Go in base64': {
    write: () => Buffer.concat([Buffer.from('other'), mac('')]).toString('base64'),
  },
  'another header': { header: 'X-Hub-Signature-256', write: (digest) => digest.toString('hex') },
  'another header, not named like one': { header: 'X-Trace', signed: `${BODY}\n` },
  'another header, beside an empty one': {
    header: 'Digest',
    headers: [['X-Relyable-Signature', '']],
  },
  'another header, the third that looks like one': {
    header: 'X-Sign',
    signed: SPACED,
    headers: [
      ['X-Signature', 'a'.repeat(64)],
      ['X-Hmac', 'b'.repeat(64)],
    ],
  },
  'the development secret': { key: DEVELOPMENT },
  'the development secret with quotes': { key: `"${DEVELOPMENT}"` },
  'the development secret, body rewritten': { key: DEVELOPMENT, signed: SPACED },
  'the development secret, body with a line feed': { key: DEVELOPMENT, signed: `${BODY}\n` },
  'a line feed after the secret': { key: `${SECRET}\n` },
  'quotes around the secret, line feed after the body': {
    key: `"${SECRET}"`,
    signed: `${BODY}\n`,
  },
  'the secret without its prefix, body rewritten': { key: SECRET.slice(6), signed: PRETTY },
  'the secret decoded, with a timestamp': {
    key: Buffer.from(SECRET.slice(6), 'base64'),
    signed: `msg_1.1700000000.${BODY}`,
    headers: [
      ['webhook-id', 'msg_1'],
      ['webhook-timestamp', '1700000000'],
    ],
  },
  'the secret changed twice': { key: `'${SECRET}' ` },
  'the second of two secrets, with quotes': {
    key: '"whsec_second_one"',
    secrets: [CHOSEN, { source: 'the second', value: 'whsec_second_one', role: 'chosen' }, KNOWN],
  },
  'an unset secret': { key: 'undefined' },
  'a placeholder, body rewritten': { key: '${WEBHOOK_SECRET}', signed: SPACED },
  'only a known secret': { key: DEVELOPMENT, secrets: [KNOWN] },
  'a line feed after the body': { signed: `${BODY}\n` },
  'a byte order mark': { signed: `\ufeff${BODY}` },
  'a copy laid out over lines': { body: PRETTY },
  'spaces of Python': { signed: SPACED },
  'spaces of Python and a line feed': { signed: `${SPACED}\n` },
  'spaces of Python and a byte order mark': { signed: `\ufeff${SPACED}` },
  'spaces of Python with a timestamp': {
    signed: `1700000000.${SPACED}`,
    headers: [['X-Timestamp', '1700000000']],
  },
  'the copy lost its spaces': { signed: BODY, body: SPACED },
  'ASCII, sorted': {
    signed: JSON.stringify({
      data: parsed.data,
      event: parsed.event,
      timestamp: parsed.timestamp,
    }).replace('é', '\\u00e9'),
  },
  'styles that no library has': { signed: SPACED.replace('é', '\\u00E9').replace('/', '\\/') },
  'a timestamp in front': {
    signed: `1700000000.${BODY}`,
    headers: [['X-Relyable-Timestamp', '1700000000']],
  },
  'the URL in front': { signed: `https://app.test/hooks${BODY}` },
  'the path, body with a line feed': { signed: `/hooks${BODY}\n` },
  'data alone': { signed: JSON.stringify(parsed.data) },
  'data alone, with a timestamp': {
    signed: `1700000000.${JSON.stringify(parsed.data)}`,
    headers: [['X-Timestamp', '1700000000']],
  },
  'wrapped in an object': { signed: `{"payload":${BODY}}` },
  'an object in place of its text': { signed: '[object Object]' },
  'an object in place of its text, with an unset secret': { signed: '[object Object]', key: '' },
  'the first bytes': { signed: BODY.slice(0, 40) },
  'the last bytes': { signed: BODY.slice(40) },
  'a comma between chunks': { signed: `${BODY.slice(0, 30)},${BODY.slice(30)}` },
  'compressed after it was signed': {
    body: gzipSync(BODY),
    headers: [['Content-Encoding', 'gzip']],
  },
  'compressed after it was rewritten': { body: deflateSync(SPACED) },
  'signed compressed': { signed: gzipSync(BODY, { level: 9 }) },
  'base64 of the body': { body: Buffer.from(BODY).toString('base64') },
  'base64 of the body, signed with a line feed': {
    body: Buffer.from(BODY).toString('base64'),
    signed: `${BODY}\n`,
  },
  'base64 of the body, signed with spaces': {
    body: Buffer.from(BODY).toString('base64'),
    signed: SPACED,
  },
  'UTF-16': { body: Buffer.from(`\ufeff${BODY}`, 'utf16le') },
  'Latin-1': { body: Buffer.from(BODY, 'latin1') },
  'an event that holds the body': { body: JSON.stringify({ headers: {}, body: BODY }) },
  'nothing: small': foreign,
  'nothing: a quick search': { ...foreign, effort: 'quick' },
  'nothing: a quick search of a larger body': {
    ...foreign,
    effort: 'quick',
    body: `"${'x'.repeat(65_536)}"`,
  },
  'nothing: 9 KB': { ...foreign, body: LONG },
  'nothing: no body': { ...foreign, body: '' },
  'nothing: a body of one byte': { ...foreign, body: '1' },
  'nothing: text': { ...hinted, body: 'hello' },
  'nothing: a curl command': { ...hinted, body: "$ curl -d '{}' https://app.test" },
  'nothing: a whole request': { ...hinted, body: 'POST / HTTP/1.1\r\n\r\n{}' },
  'nothing: headers and a body': { ...hinted, body: 'Host: app.test\r\nX: y\r\n\r\n{}' },
  'nothing: a page': { ...hinted, body: ' <!DOCTYPE html><p>' },
  'nothing: a log that names the header': { ...hinted, body: 'x-relyable-signature = ab' },
  'nothing: an event of Lambda': {
    ...hinted,
    body: '[{"requestContext":{"isBase64Encoded":false}}]',
  },
  'nothing: an event with headers': { ...hinted, body: '{"a":{"Headers":{},"rawBody":""}}' },
  'nothing: an event too deep to look for': {
    ...hinted,
    body: '{"a":{"b":{"c":{"d":{"e":{"headers":{},"body":""}}}}}}',
  },
  'nothing: a printed object': { ...hinted, body: "{'event': 'x', 'ok': True}" },
  'nothing: laid out': { ...hinted, body: PRETTY },
  'nothing: another length': { ...hinted, headers: [['Content-Length', '12']] },
  'nothing: decompressed': { ...hinted, headers: [['Content-Encoding', 'gzip']] },
  'nothing: read in the wrong charset': { ...hinted, body: BODY.replace('é', '\ufffd') },
  'nothing: a masked secret': { ...hinted, secrets: [{ ...CHOSEN, value: 'whsec_••••' }] },
  'nothing: several hints': {
    ...hinted,
    body: "{'a': '\ufffd'}",
    headers: [
      ['Content-Length', '1'],
      ['Content-Encoding', 'br'],
    ],
  },
  'a space before it': { write: (digest) => ` ${digest.toString('hex')}` },
  'a comma after it': { write: (digest) => `${digest.toString('hex')},` },
  'a prefix, upper case, and cut': {
    write: (digest) => `sha256=${digest.toString('hex').toUpperCase().slice(0, 40)}`,
  },
  'digits lost, of nobody here': {
    ...hinted,
    body: '{"n":1}',
    write: () => [...mac('{"n":1}', 'x')].map((byte) => byte.toString(16)).join(''),
  },
  'redacted, the second of two': {
    headers: [['X-Relyable-Signature', 'none']],
    write: () => '[Filtered]',
  },
  'one star': { write: () => '*' },
  'two letters x and a point': { write: () => 'xx.y' },
  'the secret itself, of 12 characters': {
    secrets: [{ ...CHOSEN, value: 'abcdefghijkl' }],
    write: () => 'abcdefghijkl',
  },
  'the secret itself, of 11 characters and spaces': {
    secrets: [{ ...CHOSEN, value: ' abcdefghijk ' }],
    write: () => ' abcdefghijk ',
  },
  'the secret itself, with a line feed where it is kept': {
    secrets: [{ ...CHOSEN, value: 'abcdefghijklm\n' }],
    headers: [['X-Relyable-Signature', 'f'.repeat(64)]],
    write: () => 'abcdefghijklm',
  },
  'Sum(body) of Go between spaces': {
    write: () => ` ${Buffer.concat([Buffer.from(BODY), mac('')]).toString('hex')} `,
  },
  'nothing was signed': { signed: '' },
  'a header with a long name': {
    header: `X-Signature-${'of-a-proxy-'.repeat(8)}`,
  },
  'another header, beside one without a digest': {
    header: 'X-Signature',
    headers: [['X-Relyable-Signature', 'later']],
  },
  'another header, beside a wrong one': {
    header: 'X-Signature',
    headers: [['X-Relyable-Signature', 'f'.repeat(64)]],
  },
  'another header, with half of it': {
    header: 'X-Trace',
    write: (digest) => digest.toString('hex').slice(0, 32),
  },
  'another header, in base64': { header: 'X-Trace', write: (digest) => digest.toString('base64') },
  'another header, in base64 without padding': {
    header: 'X-Trace',
    write: (digest) => digest.toString('base64url').slice(0, 42),
  },
  'another header, named like one, with half of it': {
    header: 'X-Digest',
    write: (digest) => digest.toString('hex').slice(0, 32),
  },
  'another header, after others with digests': {
    header: 'X-Sign',
    key: `'${SECRET}' `,
    headers: Array.from({ length: 5 }, (_, n): HeaderPair => [`X-Trace-${n}`, `${n}`.repeat(64)]),
  },
  'another header, the seventh with a digest': {
    header: 'X-Trace',
    headers: Array.from({ length: 6 }, (_, n): HeaderPair => [`X-Trace-${n}`, `${n}`.repeat(64)]),
  },
  'a number that was rewritten in what was signed': {
    body: '{"event":"x","data":{"score":70.0}}',
    signed: '{"event":"x","data":{"score":70}}',
  },
  'a number that was rewritten here': {
    body: '{"event":"x","data":{"score":70}}',
    signed: '{"event":"x","data":{"score":70.0}}',
  },
  'spaces of Python and CRLF': { signed: `${SPACED}\r\n` },
  'lines that end in CRLF': { signed: PRETTY.replaceAll('\n', '\r\n') },
  'a copy laid out after white space': { body: ` \n${PRETTY}` },
  'a copy with a line end inside': { body: BODY.replace(',"data"', ',\n"data"') },
  'one member': { signed: parsed.event },
  'nothing: no body, and a length': {
    ...hinted,
    body: '',
    headers: [['Content-Length', '12']],
  },
  'nothing: the right length': {
    ...hinted,
    headers: [['Content-Length', `${Buffer.byteLength(BODY)}`]],
  },
  'nothing: a long length': { ...hinted, headers: [['Content-Length', '1'.repeat(30)]] },
  'nothing: text that says it is compressed': {
    ...hinted,
    body: 'x {',
    headers: [['Content-Encoding', 'gzip']],
  },
  'nothing: JSON after spaces that says it is compressed': {
    ...hinted,
    body: '  [1]',
    headers: [['Content-Encoding', `gzip,${' br'.repeat(10)}`]],
  },
  'nothing: another coding': { ...hinted, headers: [['Content-Encoding', 'identity']] },
  'nothing: a secret with a star and a point': {
    ...hinted,
    secrets: [{ ...CHOSEN, value: 'a*b.c' }],
  },
  'nothing: a secret cut with points': { ...hinted, secrets: [{ ...CHOSEN, value: 'whsec_a...' }] },
};

function explain({
  body = BODY,
  signed = BODY,
  key = SECRET,
  algorithm = 'sha256',
  write = (digest) => digest.toString('hex'),
  header = 'X-Relyable-Signature',
  headers = [],
  secrets = [CHOSEN, KNOWN],
  effort = 'full',
}: Sample): string {
  const value = write(createHmac(algorithm, key).update(signed).digest());
  const request = {
    method: 'POST',
    path: '/hooks',
    headers: [['Host', 'app.test'], ...headers, [header, value]] satisfies HeaderPair[],
    body: Buffer.from(body),
  };
  const explanation = explainRequest(request, secrets, { effort });
  const { reasons, detail, fix, secretSource } = explanation.verification;
  const { signed: found, difference, tried } = explanationSteps(explanation);
  return [
    `${reasons.join(', ')}; ${secretSource ?? 'no secret'}`,
    detail,
    fix ?? 'no fix',
    JSON.stringify({ tried, isRewrite: explanation.isRewrite, signed: found }),
    JSON.stringify(difference),
  ].join('\n');
}

// The numbers of bodies and MACs that were tried show the order of the search.
it.each(Object.entries(SAMPLES))('says what is known of a request: %s', (_, sample) => {
  expect(explain(sample)).toMatchSnapshot();
});
