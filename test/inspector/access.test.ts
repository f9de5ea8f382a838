import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { isServedHost, judgeRequest } from '../../src/inspector/access.ts';
import { makeCapture } from '../support/captures.ts';
import { inspect } from './inspector-world.ts';

const GATE = { host: '127.0.0.1:4401', port: 4401, token: 'a'.repeat(48) };

test.each([
  ['127.0.0.1:4401', true],
  ['localhost:4401', true],
  ['[::1]:4401', true],
  ['127.0.0.1:4400', false],
  ['127.0.0.1', false],
  ['rebound.example:4401', false],
  ['localhost.example:4401', false],
  ['user@localhost:4401', false],
  ['localhost:4401/x', false],
  ['', false],
  [undefined, false],
])('Host %s: served is %s', (host, served) => {
  expect(isServedHost(host, GATE)).toBe(served);
});

test('another bound address is served by that address alone', () => {
  const gate = { ...GATE, host: '192.168.1.5:4401' };
  expect(isServedHost('192.168.1.5:4401', gate)).toBe(true);
  expect(isServedHost('localhost:4401', gate)).toBe(false);
});

const HOST = { host: GATE.host };
const COOKIE = { ...HOST, cookie: `other=1; relyable_inspect_4401=${GATE.token}` };
const OWN = { ...COOKIE, 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:4401' };

test.each<[string, IncomingHttpHeaders, boolean, string | null]>([
  ['no token', HOST, false, 'token'],
  ['the cookie', COOKIE, false, null],
  ['the page itself', OWN, true, null],
  ['another port of this host', { ...OWN, 'sec-fetch-site': 'same-site' }, false, 'origin'],
  ['another site', { ...OWN, 'sec-fetch-site': 'cross-site' }, false, 'origin'],
  ['an address that was typed', { ...COOKIE, 'sec-fetch-site': 'none' }, false, 'origin'],
  ['an origin of another port', { ...COOKIE, origin: 'http://127.0.0.1:3000' }, false, 'origin'],
  ['an opaque origin', { ...COOKIE, origin: 'null' }, false, 'origin'],
  ['an action without an origin', COOKIE, true, 'origin'],
  ['a program', { ...HOST, authorization: `Bearer ${GATE.token}` }, true, null],
  ['a wrong token', { ...HOST, authorization: `Bearer ${'b'.repeat(48)}` }, true, 'token'],
  ['a shorter token', { ...HOST, authorization: 'Bearer a' }, false, 'token'],
  [
    'the cookie of another port',
    { ...HOST, cookie: `relyable_inspect_1=${GATE.token}` },
    false,
    'token',
  ],
])('%s', (_, headers, acts, refusal) => {
  expect(judgeRequest(headers, GATE, acts)).toBe(refusal);
});

test('a capture is read only with the token, the Host and an own origin', async () => {
  const { call, token, origin } = await inspect([makeCapture(1)]);
  const path = '/api/captures';
  expect((await call(path)).status).toBe(200);
  expect((await call(path, { headers: {} })).status).toBe(401);
  const bearer = { Authorization: `Bearer ${token}` };
  expect((await call(path, { headers: { ...bearer, Host: 'evil.example' } })).status).toBe(421);
  expect((await call(path, { headers: { ...bearer, Origin: 'http://evil.example' } })).status).toBe(
    403,
  );
  expect((await call(path, { headers: { ...bearer, Origin: origin } })).status).toBe(200);
});

test('the printed address sets a cookie and leaves the token out of the next one', async () => {
  const { call, token } = await inspect([makeCapture(1)]);
  const entered = await call(`/?event=x&token=${token}`, { headers: {} });
  expect(entered.status).toBe(303);
  expect(entered.headers['location']).toBe('/?event=x');
  const [cookie = ''] = entered.headers['set-cookie'] ?? [];
  expect(cookie).toContain('HttpOnly');
  expect(cookie).toContain('SameSite=Strict');
  const pair = cookie.split(';')[0] ?? '';
  expect((await call('/', { headers: { Cookie: pair } })).status).toBe(200);
  expect((await call('/api/captures', { headers: { Cookie: pair } })).status).toBe(200);
});

test.each(['/', '/?token=wrong'])('%s without the cookie says what to open', async (path) => {
  const { call } = await inspect([]);
  const { status, text } = await call(path, { headers: {} });
  expect(status).toBe(401);
  expect(text).toContain('Open the address');
});

test.each(['/', '/page.js', '/page.css', '/api/state', '/nothing'])(
  '%s has every security header',
  async (path) => {
    const { call } = await inspect([]);
    const { headers } = await call(path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toContain('http');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  },
);

test('a form of another page cannot send what an action takes', async () => {
  const { call, token } = await inspect([makeCapture(1)]);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'text/plain' };
  const { status } = await call('/api/samples', { method: 'POST', headers, body: '{}' });
  expect(status).toBe(415);
});
