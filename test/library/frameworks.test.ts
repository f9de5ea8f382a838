import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Controller, type INestApplication, Module, Next, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import 'reflect-metadata';
import * as forExpress from '../../src/library/express.ts';
import * as forFastify from '../../src/library/fastify.ts';
import * as forHono from '../../src/library/hono.ts';
import type { EventRoute } from '../../src/library/receiver.ts';
import { signedParts, TEST_SECRET } from '../../src/library/testing.ts';
import { expectGradeA } from '../support/check-grade.ts';
import { serveFetch } from '../support/serve-fetch.ts';

const require = createRequire(import.meta.url);
const PATH = '/webhooks/relyable';
const OPTIONS = { secret: TEST_SECRET };

/** A handler that counts events by their type. */
function counting<R extends EventRoute>(route: R): R {
  return route
    .on('test_run.completed', ({ data }) => void counts.push(data.test_run_id))
    .otherwise(({ event }) => void counts.push(event));
}

let counts: string[] = [];

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An app of Express 4 or 5, with what comes before the route. */
function startExpress(version: string, ...before: string[]): Promise<string> {
  const express = require(version);
  const app = express();
  for (const parser of before) app.use(express[parser]({ type: () => true, limit: '10mb' }));
  app.post(PATH, counting(forExpress.webhookHandler(OPTIONS)));
  // Parsers for the other routes come after it.
  app.use(express.json());
  // The default one prints the error.
  app.use((error: Error, _request: unknown, response: any, _next: unknown) =>
    response.status(500).send(error.message),
  );
  return listen(app);
}

async function startFastify(): Promise<string> {
  const app = fastify();
  await app.register(counting(forFastify.webhookPlugin(OPTIONS)), { prefix: PATH });
  app.post('/json', (request, reply) => void reply.send(request.body));
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function startHono(): Promise<string> {
  const app = new Hono();
  app.post(PATH, counting(forHono.webhookHandler(OPTIONS)));
  return serveFetch(app.fetch);
}

/** As in main.ts: before Nest adds its parsers. */
async function startNest(): Promise<string> {
  class AppModule {
    readonly name = 'app';
  }
  Module({})(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  app.use(PATH, counting(forExpress.webhookHandler(OPTIONS)));
  return listenNest(app);
}

/** The decorators are called as functions: their syntax needs a compiler's option. */
async function startController(options: { readonly rawBody: boolean }): Promise<string> {
  class WebhooksController {
    readonly handler = counting(forExpress.webhookHandler(OPTIONS));
    async receive(request: any, response: any, next: (error: unknown) => void): Promise<void> {
      await this.handler(request, response, next);
    }
  }
  const { prototype } = WebhooksController;
  Controller(PATH)(WebhooksController);
  Post()(prototype, 'receive', Object.getOwnPropertyDescriptor(prototype, 'receive')!);
  Req()(prototype, 'receive', 0);
  Res()(prototype, 'receive', 1);
  Next()(prototype, 'receive', 2);
  class AppModule {
    readonly name = 'app';
  }
  Module({ controllers: [WebhooksController] })(AppModule);
  return listenNest(await NestFactory.create(AppModule, { ...options, logger: false }));
}

async function listenNest(app: INestApplication): Promise<string> {
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return `http://127.0.0.1:${app.getHttpServer().address().port}`;
}

/** The recipes' tests check Express 5, Fastify, Hono, Next.js and NestJS; workers.test.ts has Workers. */
const APPS: Readonly<Record<string, () => Promise<string>>> = {
  'Express 4': () => startExpress('express4'),
  'Express 5 after express.raw()': () => startExpress('express', 'raw'),
  'Express 4 after express.raw()': () => startExpress('express4', 'raw'),
  'node:http': () =>
    listen(
      (request, response) => void counting(forExpress.webhookHandler(OPTIONS))(request, response),
    ),
};

describe.each(Object.entries(APPS))('%s', (_name, start) => {
  it('gets grade A of check, without a warning', async () => {
    counts = [];
    const url = `${await start()}${PATH}`;
    await expectGradeA(url, TEST_SECRET);
    expect(counts).toContain('test_run.archived');
  });
});

async function post(
  url: string,
  parts = signedParts('test_run.failed'),
): Promise<[number, string]> {
  const answer = await fetch(url, { method: 'POST', ...parts });
  return [answer.status, await answer.text()];
}

it.each(['express', 'express4'])(
  '%s: a body that was parsed before is an error that says what to do',
  async (version) => {
    const url = await startExpress(version, 'json');
    expect(await post(url + PATH)).toEqual([500, expect.stringContaining('express.raw(')]);
  },
);

it('Express: an error that is undefined is answered 500, too', async () => {
  const app = require('express4')();
  const handler = forExpress.webhookHandler(OPTIONS).otherwise(() => Promise.reject());
  app.post(PATH, handler);
  app.use((_error: unknown, _request: unknown, response: any, _next: unknown) =>
    response.sendStatus(500),
  );
  expect((await post((await listen(app)) + PATH))[0]).toBe(500);
});

it('node:http: other methods are answered 405', async () => {
  const handler = forExpress.webhookHandler(OPTIONS);
  const url = await listen((request, response) => void handler(request, response));
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST']);
});

describe('a controller of NestJS', () => {
  it.each([
    [200, undefined],
    [401, 'body'],
  ] as const)('answers %i', async (status, tamper) => {
    const url = (await startController({ rawBody: true })) + PATH;
    const parts = signedParts('test_run.failed', {}, tamper === undefined ? {} : { tamper });
    expect((await post(url, parts))[0]).toBe(status);
  });

  it('needs the raw body', async () => {
    const url = (await startController({ rawBody: false })) + PATH;
    expect((await post(url))[0]).toBe(500);
  });
});

it.each([
  ['Express', () => startExpress('express')],
  ['NestJS', startNest],
  ['a controller of NestJS', () => startController({ rawBody: true })],
  ['Fastify', startFastify],
  ['Hono', startHono],
] as const)('%s: an empty request is refused', async (_name, start) => {
  expect((await post((await start()) + PATH, { headers: {}, body: '' }))[0]).toBe(401);
});

it.each([
  ['Express', () => startExpress('express')],
  ['Fastify', startFastify],
  ['Hono', startHono],
] as const)('%s: a body above 10 MB is answered 413', async (_name, start) => {
  const url = (await start()) + PATH;
  expect((await post(url, { headers: {}, body: 'a'.repeat(40e6) }))[0]).toBe(413);
});

it('node:http: an error is answered 500, reported, and does not end the process', async () => {
  const onError = vi.fn<(error: unknown) => void>();
  const handler = forExpress.webhookHandler({ ...OPTIONS, onError }).otherwise(() => {
    throw new Error('the table is locked');
  });
  // Nothing looks at the promise: an error that it holds fails the test.
  const url = await listen((request, response) => void handler(request, response));
  expect(await post(url)).toEqual([500, 'Internal Server Error']);
  expect(onError.mock.calls).toEqual([[new Error('the table is locked'), undefined]]);
});

it('Fastify: other routes keep their parsers', async () => {
  const url = `${await startFastify()}/json`;
  const body = '{ "a": 1 }';
  expect(await post(url, { headers: { 'Content-Type': 'application/json' }, body })).toEqual([
    200,
    '{"a":1}',
  ]);
});
