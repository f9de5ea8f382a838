import { expect, it } from 'vitest';
import { proxyFor } from '../../../src/relyable/api/proxy.ts';

const PROXY = 'http://proxy.test:3128';

it.each([
  ['http://api.test/', 'api.test', false],
  ['http://api.test/', 'other.test', true],
  ['http://api.test/', 'API.test', false],
  ['http://v1.api.test/', 'api.test', false],
  ['http://v1.api.test/', '.api.test', false],
  ['http://v1.api.test/', '*.api.test', false],
  ['http://myapi.test/', 'api.test', true],
  ['http://api.test/', 'a.test, api.test', false],
  ['http://api.test/', '*', false],
  ['http://api.test/', ' , ', true],
  // With a port: that port alone, named or the scheme's own.
  ['http://api.test:8080/', 'api.test:8080', false],
  ['http://api.test:8081/', 'api.test:8080', true],
  ['http://api.test/', 'api.test:80', false],
  ['http://api.test/', 'api.test:443', true],
  ['https://api.test/', 'api.test:443', false],
  ['https://api.test/', 'api.test:80', true],
  ['http://api.test:8080/', 'api.test', false],
  ['http://api.test:8080/', '*:8080', false],
  ['http://api.test:8081/', '*:8080', true],
  // This machine is never reached through a proxy.
  ['http://localhost:3000/', '', false],
  ['http://127.0.0.1/', '', false],
  ['http://[::1]/', '', false],
])('%s with NO_PROXY=%j goes through the proxy: %s', (url, noProxy, isProxied) => {
  const env = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: noProxy };
  expect(proxyFor(new URL(url), env)).toBe(isProxied ? PROXY : undefined);
});

it.each([
  ['http://api.test/', { HTTP_PROXY: 'http://a:1' }, 'http://a:1'],
  ['https://api.test/', { HTTP_PROXY: 'http://a:1' }, undefined],
  ['https://api.test/', { HTTPS_PROXY: 'http://b:2' }, 'http://b:2'],
  ['http://api.test/', { HTTPS_PROXY: 'http://b:2' }, undefined],
  ['http://api.test/', { HTTP_PROXY: 'http://a:1', http_proxy: 'http://c:3' }, 'http://c:3'],
  ['http://api.test/', { HTTP_PROXY: 'a:1' }, 'http://a:1'],
  ['http://api.test/', { HTTP_PROXY: '' }, undefined],
])('%s with %j goes through %s', (url, env, proxy) => {
  expect(proxyFor(new URL(url), env)).toBe(proxy);
});
