import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signedParts } from '../../src/library/testing.ts';
import { expectGradeA } from '../support/check-grade.ts';
import { ROOT, temporaryFolder } from '../support/cli.ts';
import { reservePort } from '../support/reserve-port.ts';
import { hasFlask, hasStack } from '../support/stacks.ts';

const FOLDER = join(ROOT, 'docs/recipes');
const SECRET = 'whsec_test_recipes_0123456789';
const PATH = '/webhooks/relyable';

/** The event whose first attempt the servers below fail to save. */
const LOCKED = 'agent.locked';

interface Start {
  readonly isHere: boolean;
  /** Starts the recipe; resolves with its origin. */
  readonly start: () => Promise<string>;
}

const STARTS: Readonly<Record<string, Start>> = {
  'flask_app.py': { isHere: hasFlask, start: startFlask },
  'django_views.py': { isHere: hasStack('python3', ['-c', 'import django']), start: startDjango },
  'fastapi_app.py': {
    isHere: hasStack('python3', ['-c', 'import fastapi, uvicorn']),
    start: startFastApi,
  },
  'net_http.go': { isHere: hasStack('go', ['version']), start: startGo },
  // Rails is not among the stacks that CI installs.
  'rails_controller.rb': {
    isHere: runs('ruby', ['-rrails', '-raction_controller', '-ractive_job', '-rpuma', '-e', '0']),
    start: startRails,
  },
  'laravel.php': { isHere: hasStack('php'), start: startLaravel },
};

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, {
    env: { ...process.env, RELYABLE_WEBHOOK_SECRET: SECRET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr?.resume();
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

function startFlask(): Promise<string> {
  return startPython('flask_app', [
    'from werkzeug.serving import make_server',
    'server = make_server("127.0.0.1", 0, flask_app.app, threaded=True)',
    'print("ready", server.port, flush=True)',
    'server.serve_forever()',
  ]);
}

function startDjango(): Promise<string> {
  return startPython('django_views', [
    'from django.conf import settings',
    'settings.configure(ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], SECRET_KEY="x", DATA_UPLOAD_MAX_MEMORY_SIZE=10485760)',
    'import django, types',
    'django.setup()',
    'from django.urls import path',
    'urls = types.ModuleType("urls")',
    'urls.urlpatterns = [path("webhooks/relyable", django_views.relyable)]',
    'sys.modules["urls"] = urls',
    'from django.core.wsgi import get_wsgi_application',
    'from socketserver import ThreadingMixIn',
    'from wsgiref.simple_server import make_server, WSGIServer',
    'class Server(ThreadingMixIn, WSGIServer): pass',
    'server = make_server("127.0.0.1", 0, get_wsgi_application(), Server)',
    'print("ready", server.server_port, flush=True)',
    'server.serve_forever()',
  ]);
}

function startFastApi(): Promise<string> {
  return startPython('fastapi_app', [
    'import socket, uvicorn',
    'listener = socket.socket()',
    'listener.bind(("127.0.0.1", 0))',
    'listener.listen()',
    'print("ready", listener.getsockname()[1], flush=True)',
    'uvicorn.Server(uvicorn.Config(fastapi_app.app, log_level="error")).run(sockets=[listener])',
  ]);
}

/** Runs a server that prints `ready <port>` once connections are accepted. */
async function startPython(module: string, lines: readonly string[]): Promise<string> {
  const script = [
    `import sys, ${module}`,
    'failed = []',
    'def print_unless_locked(event):',
    `    if event == "${LOCKED}" and not failed:`,
    '        failed.append(event)',
    '        raise RuntimeError("the table is locked")',
    `${module}.print = print_unless_locked`,
    ...lines,
  ].join('\n');
  const child = run('python3', ['-c', script], {
    PYTHONPATH: FOLDER,
    PYTHONDONTWRITEBYTECODE: '1',
  });
  return readyOrigin(child.stdout, READY);
}

const READY = /^ready (\d+)$/;

/** The origin of a server that says in one line, with its port, that it accepts connections. */
async function readyOrigin(output: Readable | null, ready: RegExp): Promise<string> {
  if (output === null) throw new Error('no output');
  for await (const line of createInterface({ input: output })) {
    const port = ready.exec(line)?.[1];
    if (port === undefined) continue;
    output.resume();
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('the server ended before it was ready');
}

/** The queue writes jobs as JSON, as those do that store them. */
function startRails(): Promise<string> {
  const script = `require 'logger'
    require 'action_controller/railtie'
    require 'active_job/railtie'
    require 'puma'
    class App < Rails::Application
      config.eager_load = false
      config.logger = Logger.new(File::NULL)
      config.secret_key_base = 'x'
    end
    class JsonQueue
      def enqueue_at(*) = raise
      def enqueue(job)
        stored = JSON.generate(job.serialize)
        raise 'the queue is down' if stored.include?('${LOCKED}') && !@failed && @failed = true
      end
    end
    class RelyableEventJob < ActiveJob::Base
      self.queue_adapter = JsonQueue.new
    end
    App.initialize!
    load '${join(FOLDER, 'rails_controller.rb')}'
    App.routes.draw { post '/webhooks/relyable', to: 'relyable_webhooks#create' }
    server = Puma::Server.new(App)
    puts "ready #{server.add_tcp_listener('127.0.0.1', 0).addr[1]}"
    $stdout.flush
    server.run.join`;
  // In a file: Rails takes its folder for that of the app.
  const file = join(temporaryFolder(), 'app.rb');
  writeFileSync(file, script);
  return readyOrigin(run('ruby', [file], {}).stdout, READY);
}

/** PHP alone, with stand-ins for the functions of Laravel that the recipe calls. */
function startLaravel(): Promise<string> {
  const folder = temporaryFolder();
  const router = join(folder, 'router.php');
  writeFileSync(
    router,
    `<?php
namespace Illuminate\\Http {
  class Request {
    function getContent() { return file_get_contents('php://input'); }
    function header($name) { return $_SERVER['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? null; }
  }
}
namespace Illuminate\\Support\\Facades {
  class Route {
    static function post($path, $handler) {
      if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== $path) abort(404);
      $handler(new \\Illuminate\\Http\\Request());
    }
  }
}
namespace {
  // Laravel writes the error to its log and hides it.
  ini_set('display_errors', '0');
  class Logger {
    function info($event) {
      if ($event !== '${LOCKED}' || file_exists('${folder}/failed')) return;
      touch('${folder}/failed');
      throw new Exception('the table is locked');
    }
  }
  function config($key) { return getenv('RELYABLE_WEBHOOK_SECRET'); }
  function abort($status) { http_response_code($status); exit; }
  function abort_if($condition, $status) { if ($condition) abort($status); }
  function logger() { return new Logger(); }
  function response($text, $status) { http_response_code($status); echo $text; }
  require '${join(FOLDER, 'laravel.php')}';
}`,
  );
  return startPhp(router);
}

/** The server of PHP prints its address on stderr. */
function startPhp(router: string): Promise<string> {
  const child = run('php', ['-S', '127.0.0.1:0', router], {});
  return readyOrigin(child.stderr, /Development Server \(http:\/\/127\.0\.0\.1:(\d+)\) started/);
}

async function startGo(): Promise<string> {
  const folder = temporaryFolder();
  const source = readFileSync(join(FOLDER, 'net_http.go'), 'utf8');
  const saved = '\treturn nil\n}\n';
  expect(source.split(saved)).toHaveLength(2);
  const failing = `\tif event.Event == "${LOCKED}" && !failed {\n\t\tfailed = true\n\t\treturn io.EOF\n\t}\n`;
  writeFileSync(
    join(folder, 'main.go'),
    source.replace(saved, `${failing}${saved}\nvar failed bool\n`),
  );
  const program = join(folder, 'app');
  const built = spawnSync('go', ['build', '-o', program, 'main.go'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(built.stderr).toBe('');
  const port = await reservePort();
  const child = run(program, [], { PORT: String(port) });
  const origin = `http://127.0.0.1:${port}`;
  while (child.exitCode === null) {
    if (await fetch(origin).catch(() => null)) return origin;
  }
  throw new Error('the Go program ended before it was ready');
}

describe.each(Object.entries(STARTS))('%s', (file, { isHere, start }) => {
  it('gets grade A of check, saves before it answers, and survives an error', async (context) => {
    context.skip(!isHere, `what ${file} needs is not installed`);
    const url = `${await start()}${PATH}`;
    await expectGradeA(url, SECRET);
    const statuses: number[] = [];
    for (let attempt = 1; attempt <= 2; attempt++) {
      const parts = signedParts({ event: LOCKED }, {}, { secret: SECRET });
      statuses.push((await fetch(url, { method: 'POST', ...parts })).status);
    }
    expect(statuses).toEqual([500, 200]);
  });
});

it.skipIf(!hasStack('php'))('plain PHP, whose code the fixes print, gets grade A', async () => {
  const origin = await startPhp(join(ROOT, 'fixtures/handlers/plain.php'));
  await expectGradeA(`${origin}${PATH}`, SECRET);
});

it.skipIf(!hasStack('ruby'))('rails_controller.rb is Ruby', () => {
  const { stderr, status } = spawnSync('ruby', ['-c', join(FOLDER, 'rails_controller.rb')], {
    encoding: 'utf8',
  });
  expect([stderr, status]).toEqual(['', 0]);
});

it.skip('SpringWebhookController.java is neither compiled nor run: Spring is not installed', () => {});
