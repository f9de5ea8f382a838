import { expect, it } from 'vitest';
import { requestOf, signWhereMissing } from '../../src/relyable/logged-request.ts';
import { signPayload } from '../../src/signature/sign.ts';

const requestBody = '{"event":"test_run.failed","data":{"n":70.0}}';
const SIGNATURE = signPayload(Buffer.from(requestBody), 'whsec_a');
const endpoint = 'https://example.test/hook?x=1';

it('has the bytes, path and headers of the log', () => {
  const requestHeaders = { 'content-type': 'application/json', 'x-relyable-signature': SIGNATURE };
  const logged = requestOf({ requestBody, requestHeaders, endpoint });
  expect(logged).toEqual({
    isSigned: true,
    request: {
      method: 'POST',
      path: '/hook?x=1',
      httpVersion: '1.1',
      headers: Object.entries(requestHeaders),
      body: Buffer.from(requestBody),
    },
  });
  if (logged !== null) expect(signWhereMissing(logged, 'whsec_b')).toBe(logged.request);
});

it.each([
  ['has none', {}],
  ['masks it', { 'X-Relyable-Signature': '********' }],
])('signs where the log %s', (_, requestHeaders) => {
  const logged = requestOf({ requestBody, requestHeaders, endpoint: null });
  expect(logged?.isSigned).toBe(false);
  expect(logged && signWhereMissing(logged, 'whsec_b')).toMatchObject({
    path: '/',
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Relyable-Signature', signPayload(Buffer.from(requestBody), 'whsec_b')],
    ],
  });
});

it('leaves out what HTTP cannot carry, and what belongs to the connection', () => {
  const requestHeaders = {
    'X-A': 'b\r\nX-Evil: 1',
    'bad name': 'x',
    Host: 'example.test',
    'content-length': '5',
    'Transfer-Encoding': 'chunked',
    Connection: 'X-Relyable-Signature',
    'X-Relyable-Signature': SIGNATURE,
  };
  expect(requestOf({ requestBody, requestHeaders, endpoint: 'not a url' })?.request).toMatchObject({
    path: '/',
    headers: [
      ['X-Relyable-Signature', SIGNATURE],
      ['Content-Type', 'application/json'],
    ],
  });
});

it.each([null, ''])('is null where the log does not have the payload: %j', (missing) => {
  expect(requestOf({ requestBody: missing, requestHeaders: {}, endpoint })).toBeNull();
});
