import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectGradeA } from '../support/check-grade.ts';
import { ROOT } from '../support/cli.ts';

/** A folder where `npm install next react react-dom` was run: 320 MB, so not a dependency. */
const FOLDER = process.env['RELYABLE_NEXT'];
const SECRET = 'whsec_test_next_0123456789';

/** The routes of the app, by the recipes that answer them. */
const ROUTES = {
  'app/webhooks/relyable/route.js': 'next-app-router.mjs',
  'app/plain/relyable/route.js': 'without-library/next-app-router.mjs',
  'pages/api/webhooks/relyable.js': 'next-pages-router.mjs',
  'pages/api/plain/relyable.js': 'without-library/next-pages-router.mjs',
} as const;

const ACKNOWLEDGES = `
import { webhookHandler } from '@relyable/webhooks/next';
import { after } from 'next/server';

export const POST = webhookHandler({
  secret: process.env.RELYABLE_WEBHOOK_SECRET,
  waitUntil: after,
}).otherwise(async (event) => {
  event.ack();
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error('work after the answer fails');
});
`;

const LAYOUT = 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n';

function write(app: string, path: string, text: string): void {
  mkdirSync(dirname(join(app, path)), { recursive: true });
  writeFileSync(join(app, path), text);
}

/** Builds the app in a folder below the one that has Next.js. */
function build(app: string): void {
  cpSync(join(ROOT, 'packages/webhooks'), join(app, 'node_modules/@relyable/webhooks'), {
    recursive: true,
  });
  write(app, 'package.json', '{"private":true}');
  write(app, 'app/layout.js', LAYOUT);
  write(app, 'app/acknowledges/route.js', ACKNOWLEDGES);
  for (const [path, recipe] of Object.entries(ROUTES)) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    copyFileSync(join(ROOT, 'docs/recipes', recipe), join(app, path));
  }
  const args = [join(FOLDER!, 'node_modules/next/dist/bin/next'), 'build', '--webpack'];
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const };
  const built = spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8', env });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
}

describe.skipIf(FOLDER === undefined)('Next.js (set RELYABLE_NEXT to a folder with it)', () => {
  let app = '';
  let origin = '';
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    app = mkdtempSync(join(FOLDER!, 'relyable-app-'));
    build(app);
    const next = join(FOLDER!, 'node_modules/next/dist/bin/next');
    const child = spawn(process.execPath, [next, 'start', '--port', '0'], {
      cwd: app,
      env: { ...process.env, RELYABLE_WEBHOOK_SECRET: SECRET, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    stop = async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /http:\/\/localhost:(\d+)/.exec(line)?.[1];
      if (port !== undefined) origin = `http://127.0.0.1:${port}`;
      if (line.includes('Ready')) break;
    }
    child.stdout.resume();
  }, 300_000);

  afterAll(async () => {
    await stop();
    rmSync(app, { recursive: true, force: true });
  });

  it.each([
    '/webhooks/relyable',
    '/plain/relyable',
    '/api/webhooks/relyable',
    '/api/plain/relyable',
    '/acknowledges',
  ])('%s gets grade A of check, without a warning', async (path) => {
    await expectGradeA(origin + path, SECRET);
  });
});
