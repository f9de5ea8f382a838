import { expect, it } from 'vitest';
import { readDocument } from '../../../src/json/document.ts';
import { CONSTRUCTIONS } from '../../../src/signature/diagnosis/constructions.ts';
import {
  listEnvelopes,
  listTimestamps,
  type SignedEnvelope,
} from '../../../src/signature/diagnosis/signed-envelopes.ts';
import { listUrlEnvelopes } from '../../../src/signature/diagnosis/signed-urls.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import { listFile, toList } from '../../support/lists.ts';

const HEADERS: readonly HeaderPair[] = [
  ['Host', 'hooks.example:8443'],
  ['X-Forwarded-Host', 'public.example'],
  ['Webhook-Id', 'msg_1'],
  ['Webhook-Timestamp', ' 1737042000 '],
  ['X-Nonce', ''],
  ['X-Request-Time', 'x'.repeat(129)],
  ['Date', 'Thu, 16 Jan 2025 15:40:00 GMT'],
  ['X-Other', '1'],
];
const DOCUMENT = readDocument(
  Buffer.from('{"timestamp":"2025-01-16T15:40:00Z","id":"$1","data":{}}'),
);

function line(envelope: SignedEnvelope): string {
  const { reason, name, before, after, omitsBody, isSimple, isCommon } = envelope;
  const flags = [
    ...(omitsBody ? ['without the body'] : []),
    ...(isSimple ? ['simple'] : []),
    ...(isCommon ? ['common'] : []),
  ];
  return `${reason}${flags.length === 0 ? '' : ` (${flags.join(', ')})`}, ${name}: ${JSON.stringify(before.toString())} ${JSON.stringify(after.toString())}`;
}

it('lists the timestamps and ids that may be signed with a body', async () => {
  const lines = listEnvelopes(HEADERS, DOCUMENT, ['1737042001']).map(line);
  await expect(toList(lines)).toMatchFileSnapshot(listFile('signed-envelopes'));
  expect(listTimestamps(HEADERS, DOCUMENT, ['1737042001'])).toEqual([
    '1737042001',
    'msg_1',
    'Thu, 16 Jan 2025 15:40:00 GMT',
    '2025-01-16T15:40:00Z',
    '1737042000',
    '1737042000000',
    '$1',
  ]);
  expect(listEnvelopes([], null, [])).toEqual([]);
  const many = Array.from({ length: 20 }, (_, at) => String(1_737_042_000 + at));
  expect(listTimestamps([], null, many)).toEqual(many.slice(0, 12));
  expect(listEnvelopes([], null, many)).toHaveLength(12 * 11 + 60 * 2);
});

it('lists the URLs, paths and methods that may be signed with a body', async () => {
  const lines = listUrlEnvelopes({ method: 'put', path: '/a/b/?c=1', headers: HEADERS }, [
    '1737042000',
  ]).map(line);
  await expect(toList(lines)).toMatchFileSnapshot(listFile('signed-urls'));
  expect(listUrlEnvelopes({ headers: HEADERS }, [])).toEqual([]);
  expect(listUrlEnvelopes({ path: 'a', headers: [] }, [])).toEqual([]);
  expect(listUrlEnvelopes({ path: `/${'a'.repeat(2048)}`, headers: [] }, [])).toEqual([]);
  const plain = listUrlEnvelopes({ path: '/a', headers: [] }, []);
  expect(plain.map(({ name }) => name)).toContain('the method, path and body: "POST/a"<body>');
});

it('lists the digests that are no HMAC of the body', async () => {
  const lines = CONSTRUCTIONS.map(
    ({ reason, name, compute }) =>
      `${reason}, ${name}: ${compute('sha256', Buffer.from('secret'), Buffer.from('body'))}`,
  );
  expect(new Set(lines.map((text) => text.slice(-64))).size).toBe(lines.length);
  await expect(toList(lines)).toMatchFileSnapshot(listFile('constructions'));
});
