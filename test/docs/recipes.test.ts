import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type RequestListener,
  ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RECIPES } from '../../src/commands/kit/recipes.ts';
import type { HeaderPair } from '../../src/request/request.ts';
import { serialisePayload } from '../../src/relyable/payload.ts';
import { WIRE_FORMATS } from '../../src/relyable/wire-format.ts';
import { SAMPLES } from '../../src/relyable/samples.ts';
import { signRequest, tamperRequest } from '../../src/signature/tamper.ts';
import { TAMPERS } from '../../src/signature/tamper-kinds.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';
import { reservePort } from '../support/reserve-port.ts';
import { hasFlask, hasStack } from '../support/stacks.ts';

const FOLDER = join(ROOT, 'docs/recipes');
const SECRET = 'whsec_test_recipes_0123456789';

/** Starts one recipe; resolves with its address. */
type Start = () => Promise<string>;

const STARTS: Readonly<Record<string, { start: Start; isHere: boolean }>> = {
  'express.mjs': { isHere: true, start: async () => listen((await load('express.mjs')).app) },
  'fastify.mjs': {
    isHere: true,
    start: async () => {
      const { app } = await load('fastify.mjs');
      onTestFinished(async () => void (await app.close()));
      return app.listen({ port: 0, host: '127.0.0.1' });
    },
  },
  'hono.mjs': { isHere: true, start: startHono },
  'next-app-router.mjs': { isHere: true, start: startNextApp },
  'next-pages-router.mjs': {
    isHere: true,
    start: async () => listen((await load('next-pages-router.mjs')).default),
  },
  'nuxt.mjs': { isHere: true, start: startNuxt },
  'sveltekit.mjs': {
    isHere: true,
    start: () => startWith('sveltekit.mjs', '$env/dynamic/private', 'env = process.env'),
  },
  'remix.mjs': {
    isHere: true,
    start: async () => serveWeb((await load('remix.mjs')).action),
  },
  'astro.mjs': {
    isHere: true,
    start: () =>
      startWith('astro.mjs', 'astro:env/server', 'getSecret = (name) => process.env[name]'),
  },
  'koa.mjs': { isHere: true, start: async () => listen((await load('koa.mjs')).app.callback()) },
  'nestjs.ts': { isHere: true, start: startNest },
  'flask_app.py': { isHere: hasFlask, start: startFlask },
  'django_views.py': { isHere: hasStack('python3', ['-c', 'import django']), start: startDjango },
  'fastapi_app.py': {
    isHere: hasStack('python3', ['-c', 'import fastapi, uvicorn']),
    start: startFastApi,
  },
  'net_http.go': { isHere: hasStack('go', ['version']), start: startGo },
};

beforeAll(() => {
  vi.stubEnv('RELYABLE_WEBHOOK_SECRET', SECRET);
  vi.spyOn(console, 'log').mockReturnValue();
});

// oxlint-disable-next-line typescript/no-explicit-any -- plain JavaScript, each with its own exports
async function load(file: string): Promise<any> {
  return import(join(FOLDER, file));
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startHono(): Promise<string> {
  const { app } = await load('hono.mjs');
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    onTestFinished(() => void server.close());
  });
}

/** The route handler as Next.js calls it: a Request in, a Response out. */
async function startNextApp(): Promise<string> {
  const { POST } = await load('next-app-router.mjs');
  return new Promise((resolve) => {
    const server = serve({ fetch: POST, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    onTestFinished(() => void server.close());
  });
}

type WebHandler = (event: { readonly request: Request }) => Promise<Response>;

/** A handler of `{ request }` as SvelteKit, React Router and Astro call it. */
function serveWeb(handler: WebHandler): Promise<string> {
  return new Promise((resolve) => {
    const fetch = (request: Request): Promise<Response> => handler({ request });
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    onTestFinished(() => void server.close());
  });
}

/** A file as it stands, but for the module by which its framework hands out the environment. */
async function startWith(file: string, module: string, standIn: string): Promise<string> {
  const folder = temporaryFolder();
  const source = readFileSync(join(FOLDER, file), 'utf8');
  expect(source.split(`'${module}';`)).toHaveLength(2);
  writeFileSync(join(folder, 'environment.mjs'), `export const ${standIn};`);
  writeFileSync(join(folder, file), source.replace(`'${module}';`, `'./environment.mjs';`));
  const { POST } = (await import(join(folder, file))) as { POST: WebHandler };
  return serveWeb(POST);
}

/** The file's place says path and method; h3 is what Nuxt's server is made of. */
async function startNuxt(): Promise<string> {
  const { createApp, createRouter, toNodeListener } = await import('h3');
  const router = createRouter({ preemptive: true });
  router.post('/webhooks/relyable', (await load('nuxt.mjs')).default);
  return listen(toNodeListener(createApp().use(router)));
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** Nest reads its decorators' types, which only the TypeScript compiler writes down. */
async function startNest(): Promise<string> {
  await import('reflect-metadata');
  const { Module: NestModule } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const source = readFileSync(join(FOLDER, 'nestjs.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const loaded = { exports: {} as { RelyableWebhookController: new () => unknown } };
  const require = createRequire(join(FOLDER, 'nestjs.ts'));
  compileFunction(outputText, ['module', 'exports', 'require'])(loaded, loaded.exports, require);
  // oxlint-disable-next-line typescript/no-extraneous-class -- a Nest module is one
  class AppModule {}
  NestModule({ controllers: [loaded.exports.RelyableWebhookController] })(AppModule);
  const app = await NestFactory.create(AppModule, { rawBody: true, logger: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

function startFlask(): Promise<string> {
  return startPython([
    'from werkzeug.serving import make_server',
    'from flask_app import app',
    'server = make_server("127.0.0.1", 0, app, threaded=True)',
    'print("ready", server.port, flush=True)',
    'server.serve_forever()',
  ]);
}

function startDjango(): Promise<string> {
  return startPython([
    'from django.conf import settings',
    'settings.configure(ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], SECRET_KEY="x")',
    'import django, sys, types',
    'django.setup()',
    'from django.urls import path',
    'from django_views import relyable',
    'urls = types.ModuleType("urls")',
    'urls.urlpatterns = [path("webhooks/relyable", relyable)]',
    'sys.modules["urls"] = urls',
    'from django.core.wsgi import get_wsgi_application',
    'from wsgiref.simple_server import make_server',
    'server = make_server("127.0.0.1", 0, get_wsgi_application())',
    'print("ready", server.server_port, flush=True)',
    'server.serve_forever()',
  ]);
}

function startFastApi(): Promise<string> {
  return startPython([
    'import socket, uvicorn',
    'from fastapi_app import app',
    'listener = socket.socket()',
    'listener.bind(("127.0.0.1", 0))',
    'listener.listen()',
    'print("ready", listener.getsockname()[1], flush=True)',
    'uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])',
  ]);
}

/** Runs a server that prints `ready <port>` once connections are accepted. */
async function startPython(lines: readonly string[]): Promise<string> {
  const script = lines.join('\n');
  const child = run('python3', ['-c', script], {
    PYTHONPATH: FOLDER,
    PYTHONDONTWRITEBYTECODE: '1',
  });
  if (child.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^ready (\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('the server ended before it was ready');
}

async function startGo(): Promise<string> {
  const folder = temporaryFolder();
  copyFileSync(join(FOLDER, 'net_http.go'), join(folder, 'main.go'));
  const program = join(folder, 'app');
  const built = spawnSync('go', ['build', '-o', program, 'main.go'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(built.stderr).toBe('');
  const port = await reservePort();
  const child = run(program, [], { PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null) {
    const status = await post(url, [], Buffer.alloc(0)).catch(() => null);
    if (status !== null) return url;
  }
  throw new Error('the Go program ended before it was ready');
}

function post(origin: string, headers: readonly HeaderPair[], body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${origin}/webhooks/relyable`,
      {
        method: 'POST',
        agent: false,
        headers: { ...Object.fromEntries(headers), 'Content-Length': body.length },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('recipes that run', () => {
  it.for(Object.entries(STARTS))('%s', async ([file, { start, isHere }], context) => {
    context.skip(!isHere, `what ${file} needs is not installed`);
    const origin = await start();
    const statuses: Record<string, number> = {};
    for (const [event, payload] of Object.entries(SAMPLES)) {
      for (const wire of WIRE_FORMATS) {
        const { headers, body } = signRequest(serialisePayload(payload, wire), SECRET, 'test');
        statuses[`${event} ${wire}`] = await post(origin, headers, body);
      }
    }
    expect([...new Set(Object.values(statuses))], JSON.stringify(statuses)).toEqual([200]);
    const genuine = serialisePayload(SAMPLES['test_run.failed'], 'compact');
    const refused: Record<string, number> = {};
    for (const tamper of TAMPERS) {
      const { headers, body } = tamperRequest(genuine, SECRET, 'test', tamper);
      refused[tamper] = await post(origin, headers, body);
    }
    refused['not ASCII'] = await post(origin, [['X-Relyable-Signature', 'é'.repeat(64)]], genuine);
    refused['no body'] = await post(origin, [], Buffer.alloc(0));
    expect([...new Set(Object.values(refused))], JSON.stringify(refused)).toEqual([401]);
  });
});

describe('a recipe for Node', () => {
  const files = Object.entries(STARTS).filter(([file]) => /\.(mjs|ts)$/.test(file));

  it.for(files)('%s answers before it works, and survives its work', async ([, { start }]) => {
    const order: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation(() => {
      order.push('work');
      throw new Error('the work fails');
    });
    let onLogged = (_cause: unknown): void => undefined;
    const logged = new Promise((resolve) => (onLogged = resolve));
    const error = vi.spyOn(console, 'error').mockImplementation((cause) => onLogged(cause));
    const { end } = ServerResponse.prototype;
    const ended = vi.spyOn(ServerResponse.prototype, 'end').mockImplementation(function noteEnd(
      this: ServerResponse,
      ...args: unknown[]
    ) {
      order.push('answer');
      return Reflect.apply(end, this, args) as ServerResponse;
    });
    onTestFinished(() => {
      for (const spy of [error, ended]) spy.mockRestore();
      log.mockReturnValue();
    });
    // A Fastify app that was closed does not start again.
    vi.resetModules();
    const origin = await start();
    const body = serialisePayload(SAMPLES['test_run.failed'], 'compact');
    expect(await post(origin, signRequest(body, SECRET, 'test').headers, body)).toBe(200);
    // An error that nothing catches fails the test.
    expect(await logged).toEqual(new Error('the work fails'));
    expect(order).toEqual(['answer', 'work']);
  });
});

describe('recipes whose syntax is checked', () => {
  it.for([
    ['laravel.php', 'php', hasStack('php')],
    ['rails_controller.rb', 'ruby', hasStack('ruby')],
  ] as const)('%s', ([file, command, isHere], context) => {
    context.skip(!isHere, `${command} is not installed`);
    const path = join(FOLDER, file);
    const args = {
      php: ['-l', path],
      ruby: ['-c', path],
    }[command];
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
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
