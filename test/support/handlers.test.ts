import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HANDLER_SECRET, type HandlerName, isRunnable, startHandler } from './handlers.ts';

const BODY = '{"event":"test_run.failed","timestamp":"2025-01-16T15:40:00Z","data":{}}';
const SIGNATURE = createHmac('sha256', HANDLER_SECRET).update(BODY).digest('hex');

async function post(url: string, signature: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/json', 'X-Relyable-Signature': signature },
    body: BODY,
  });
  return response.status;
}

/** Status for the genuine request and for one whose signature has the right shape and is wrong. */
const EXPECTED: Readonly<Record<HandlerName, readonly [genuine: number, forged: number]>> = {
  'vendor-express': [200, 401],
  'vendor-flask': [500, 500],
  express: [200, 401],
  fastify: [200, 401],
  hono: [200, 401],
  'node-http': [200, 401],
  flask: [200, 401],
  'http-server': [200, 401],
  'no-verification': [200, 200],
  'parsed-json': [200, 401],
  'no-content': [204, 401],
  'verify-late': [200, 401],
  'no-dedupe': [200, 401],
  'redirect-login': [302, 302],
};

describe('the handlers the battery is proved against', () => {
  test.for(Object.keys(EXPECTED) as HandlerName[])('%s answers as meant', async (name, context) => {
    context.skip(!isRunnable(name), 'python3 or flask is not installed');
    const handler = await startHandler(name);
    const statuses = [
      await post(handler.url, SIGNATURE),
      await post(handler.url, SIGNATURE.replace(/./g, '0')),
    ];
    expect(statuses).toEqual(EXPECTED[name]);
  });
});
