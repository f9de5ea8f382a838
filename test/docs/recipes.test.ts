import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RECIPES } from '../../src/commands/kit/recipes.ts';
import { signedParts } from '../../src/library/testing.ts';
import { expectGradeA } from '../support/check-grade.ts';
import { ROOT } from '../support/cli.ts';
import { serveFetch } from '../support/serve-fetch.ts';

const FOLDER = join(ROOT, 'docs/recipes');
const SECRET = 'whsec_test_recipes_0123456789';
const PATH = '/webhooks/relyable';

/** Starts one recipe for Node; resolves with its origin. Recipes without the library start alike. */
const STARTS: Readonly<Record<string, (file: string) => Promise<string>>> = {
  'express.mjs': async (file) => listen((await load(file)).app),
  'fastify.mjs': async (file) => {
    const { app } = await load(file);
    onTestFinished(async () => void (await app.close()));
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
  'hono.mjs': async (file) => serveFetch((await load(file)).app.fetch),
  'koa.mjs': async (file) => listen((await load(file)).app.callback()),
  'nestjs.ts': startNest,
  // The route handler as Next.js calls it: a Request in, a Response out.
  'next-app-router.mjs': async (file) => serveFetch((await load(file)).POST),
  'next-pages-router.mjs': startNextPages,
  'nuxt.mjs': startNuxt,
  'sveltekit.mjs': (file) => startWith(file, '$env/dynamic/private', 'env = process.env'),
  'remix.mjs': async (file) => serveEvents((await load(file)).action),
  'astro.mjs': (file) =>
    startWith(file, 'astro:env/server', 'getSecret = (name) => process.env[name]'),
};

const FILES = Object.keys(STARTS).flatMap((file) => [file, join('without-library', file)]);

function start(file: string): Promise<string> {
  // Afresh: a Fastify app that was closed does not start again.
  vi.resetModules();
  return STARTS[basename(file)]!(file);
}

beforeAll(() => {
  vi.stubEnv('RELYABLE_WEBHOOK_SECRET', SECRET);
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'error').mockReturnValue();
});

// oxlint-disable-next-line typescript/no-explicit-any -- plain JavaScript, each with its own exports
async function load(file: string): Promise<any> {
  return import(join(FOLDER, file));
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type EventHandler = (event: { readonly request: Request }) => Promise<Response>;

/** A handler of `{ request }`, as SvelteKit, React Router and Astro call it. */
function serveEvents(handler: EventHandler): Promise<string> {
  return serveFetch((request) => handler({ request }));
}

/** Next.js answers 500 where the handler's promise rejects. */
async function startNextPages(file: string): Promise<string> {
  const { default: handler, config } = await load(file);
  expect(config.api.bodyParser).toBe(false);
  return listen((request, response) => {
    handler(request, response).catch(() => {
      response.statusCode = 500;
      response.end();
    });
  });
}

/** The file's place says path and method; h3 is what Nuxt's server is made of. */
async function startNuxt(file: string): Promise<string> {
  const { createApp, createRouter, toNodeListener } = await import('h3');
  const router = createRouter({ preemptive: true });
  router.post(PATH, (await load(file)).default);
  return listen(toNodeListener(createApp().use(router)));
}

/** A file as it stands, but for the module by which its framework hands out the environment. */
async function startWith(file: string, module: string, standIn: string): Promise<string> {
  // Below the root, where the library is found, but in no folder that is packed.
  const folder = mkdtempSync(join(import.meta.dirname, '.started-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = readFileSync(join(FOLDER, file), 'utf8');
  expect(source.split(`'${module}';`)).toHaveLength(2);
  writeFileSync(join(folder, 'environment.mjs'), `export const ${standIn};`);
  const copy = join(folder, basename(file));
  writeFileSync(copy, source.replace(`'${module}';`, `'./environment.mjs';`));
  const { POST } = (await import(pathToFileURL(copy).href)) as { POST: EventHandler };
  return serveEvents(POST);
}

/** Nest reads its decorators' types, which only the TypeScript compiler writes down. */
async function startNest(file: string): Promise<string> {
  await import('reflect-metadata');
  const { Module: NestModule } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { outputText } = ts.transpileModule(readFileSync(join(FOLDER, file), 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- the two recipes export different things
  const loaded = { exports: {} as any };
  const nodeRequire = createRequire(join(FOLDER, file));
  const require = (name: string): unknown =>
    nodeRequire(name.replace(/^@relyable\/webhooks/, 'relyable/webhooks'));
  compileFunction(outputText, ['module', 'exports', 'require'])(loaded, loaded.exports, require);
  const { receiveRelyable, RelyableWebhookController: controller } = loaded.exports;
  // oxlint-disable-next-line typescript/no-extraneous-class -- a Nest module is one
  class AppModule {}
  NestModule({ controllers: controller === undefined ? [] : [controller] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  onTestFinished(() => app.close());
  // What each of them says about main.ts.
  if (controller === undefined) receiveRelyable(app);
  else app.use(PATH, nodeRequire('express').raw({ type: () => true, limit: '10mb' }));
  await app.listen(0, '127.0.0.1');
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

describe.each(FILES)('%s', (file) => {
  it('gets grade A of check, without a warning', async () => {
    await expectGradeA(`${await start(file)}${PATH}`, SECRET);
  });

  it('answers 500 where the event cannot be saved, and 200 when it is sent again', async () => {
    const url = `${await start(file)}${PATH}`;
    vi.mocked(console.log).mockImplementationOnce(() => {
      throw new Error('the table is locked');
    });
    const statuses: number[] = [];
    for (let attempt = 1; attempt <= 2; attempt++) {
      const parts = signedParts('test_run.completed', {}, { secret: SECRET });
      statuses.push((await fetch(url, { method: 'POST', ...parts })).status);
    }
    // An error that nothing catches fails the test as it ends a process.
    expect(statuses).toEqual([500, 200]);
  });
});

it('the program carries every recipe as it stands in docs', () => {
  const files = readdirSync(FOLDER).filter((file) => /\.(?:mjs|ts|py|rb|php|go|java)$/.test(file));
  const codes = files.map((file) => readFileSync(join(FOLDER, file), 'utf8'));
  expect(
    Object.values(RECIPES)
      .map(({ code }) => code)
      .toSorted(),
  ).toEqual(codes.toSorted());
});

it('every recipe with the library names the one without it', () => {
  for (const { code, withoutLibrary } of Object.values(RECIPES)) {
    expect(withoutLibrary !== undefined).toBe(code.includes('@relyable/webhooks'));
    if (withoutLibrary !== undefined)
      expect(readFileSync(join(FOLDER, withoutLibrary.file), 'utf8')).toBe(withoutLibrary.code);
  }
});
