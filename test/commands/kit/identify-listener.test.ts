import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  identifyListener,
  type ListenerIdentity,
} from '../../../src/commands/kit/identify-listener.ts';
import { IDENTIFY_HEADER } from '../../../src/http/headers.ts';
import { listen } from '../../pipeline/world.ts';
import { startApp } from '../../support/app.ts';

function identify(url: string, event: string | null = null): Promise<ListenerIdentity | null> {
  const { signal } = new AbortController();
  const tls = { rejectUnauthorized: true };
  return identifyListener(new URL(url), { event, tls, signal, randomBytes });
}

describe('a listener', () => {
  it('names the URL of the app behind it, under the path that was asked', async () => {
    const { receiver } = await listen({ to: 'http://127.0.0.1:9' });
    expect(await identify(`${receiver.url}/webhooks/relyable?x=1`)).toEqual({
      app: new URL('http://127.0.0.1:9/webhooks/relyable?x=1'),
      namesTarget: true,
      isTransparent: false,
    });
  });

  it('names the app that its route sends an event to', async () => {
    const routeTo = { 'test_run.failed': 'http://127.0.0.1:8/failed' };
    const { receiver } = await listen({ to: 'http://127.0.0.1:9/all', routeTo });
    const appOf = async (event: string): Promise<string | undefined> =>
      (await identify(receiver.url, event))?.app?.href;
    expect(await appOf('test_run.failed')).toBe('http://127.0.0.1:8/failed');
    expect(await appOf('test_run.completed')).toBe('http://127.0.0.1:9/all');
  });

  it('without an app says so', async () => {
    const { receiver } = await listen();
    expect(await identify(receiver.url)).toEqual({
      app: null,
      namesTarget: true,
      isTransparent: false,
    });
  });

  it('is transparent where forged requests reach the app and its answers come back', async () => {
    const { receiver } = await listen({ to: 'http://127.0.0.1:9', invalid: 'forward' });
    expect(await identify(receiver.url)).toMatchObject({ isTransparent: true });
  });

  it('is asked without being given a request to store', async () => {
    const { receiver, world } = await listen({ to: 'http://127.0.0.1:9/hook' });
    await identify(`${receiver.url}/hook`);
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
  });
});

describe('an outsider learns nothing', () => {
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const { receiver } = await listen({ to: 'http://127.0.0.1:9/hook' });
    const { status } = await fetch(`${receiver.url}/hook`, {
      headers: { [IDENTIFY_HEADER]: 'n', ...headers },
    });
    return status;
  };

  it.each([
    [{ 'X-Forwarded-For': '203.0.113.7' }],
    [{ 'X-Forwarded-For': '127.0.0.1, 203.0.113.7' }],
    [{ Forwarded: 'for=203.0.113.7' }],
    [{ Origin: 'https://evil.example' }],
  ])('with %j', async (headers) => {
    expect(await ask(headers)).toBe(405);
  });

  it('but a proxy of this machine does', async () => {
    expect(await ask({ 'X-Forwarded-For': '127.0.0.1, ::1' })).toBe(200);
  });
});

describe('what is not a listener', () => {
  it.each([
    ['an app', 'OK', 200],
    ['an app that answers JSON', '{"service":"x"}', 200],
    ['a listener that answers another question', '{"service":"relyable listen","nonce":"0"}', 200],
    ['an app that refuses GET', '{"error":"method_not_allowed"}', 405],
  ])('%s', async (_, body, status) => {
    const app = await startApp((response) => {
      response.statusCode = status;
      response.end(body);
    });
    expect(await identify(app.url)).toBeNull();
  });

  it('nothing at all', async () => {
    const app = await startApp();
    await app.close();
    expect(await identify(app.url)).toBeNull();
  });
});

it('a listener behind something that hides the caller is still known as one', async () => {
  const app = await startApp((response, { url }) => {
    const isRoot = url === '/';
    response.statusCode = isRoot ? 200 : 405;
    const document = isRoot ? { service: 'relyable listen' } : { error: 'method_not_allowed' };
    response.end(JSON.stringify(document));
  });
  const identity = { app: null, namesTarget: false, isTransparent: false };
  expect(await identify(`${app.url}/hook`)).toEqual(identity);
});
