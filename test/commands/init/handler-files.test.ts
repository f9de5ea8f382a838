import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type HandlerFiles, planHandlerFiles } from '../../../src/commands/init/handler-files.ts';
import { RECIPE_NAMES, type RecipeName } from '../../../src/commands/kit/recipe-names.ts';
import { recipeCode } from '../../../src/commands/kit/recipes.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { HANDLER_SECRET, startHandler } from '../../support/handlers.ts';

function plan(
  recipe: RecipeName,
  files: Readonly<Record<string, string>> = {},
  forwardTo = 'http://localhost:3000/webhooks/relyable',
): { readonly folder: string; readonly files: HandlerFiles | null; readonly reason: string } {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const target = { forwardTo, envFile: '.env', secretEnv: 'RELYABLE_WEBHOOK_SECRET' };
  const planned = planHandlerFiles({ folder, recipe, ...target });
  return 'handler' in planned
    ? { folder, files: planned, reason: '' }
    : { folder, files: null, reason: planned.reason };
}

it.each<[RecipeName, Record<string, string>, string]>([
  ['next', {}, 'app/webhooks/relyable/route.js'],
  ['next', { 'src/app/page.tsx': '', 'tsconfig.json': '{}' }, 'src/app/webhooks/relyable/route.ts'],
  ['next-pages', {}, 'pages/api/webhooks/relyable.js'],
  ['nuxt', {}, 'server/api/webhooks/relyable.post.js'],
  ['sveltekit', {}, 'src/routes/webhooks/relyable/+server.js'],
  ['remix', {}, 'app/routes/webhooks.relyable.js'],
  ['express', {}, 'relyable-webhooks.mjs'],
  ['express', { 'package.json': '{"type":"module"}' }, 'relyable-webhooks.js'],
  [
    'koa',
    { 'src/index.ts': '', 'package.json': '{"devDependencies":{"typescript":"5"}}' },
    'src/relyable-webhooks.ts',
  ],
  ['django', {}, 'relyable_webhooks.py'],
  ['rails', {}, 'app/controllers/relyable_webhooks_controller.rb'],
])('puts the handler for %s into %j at %s', (recipe, files, path) => {
  const { files: planned } = plan(recipe, files);
  expect(planned?.handler.path).toBe(path);
  if (!path.endsWith('.ts')) expect(planned?.handler.text).toBe(recipeCode(recipe, new Set()));
});

it.each<[RecipeName, Record<string, string>, string]>([
  ['express', { 'relyable-webhooks.mjs': '' }, 'relyable-webhooks.mjs is there already'],
  ['flask', { 'relyable-webhooks.test.mjs': '' }, 'relyable-webhooks.test.mjs is there already'],
  ['laravel', {}, 'a handler for laravel belongs into a file of yours'],
  ['go', {}, 'a handler for go belongs into a file of yours'],
  ['spring', {}, 'a handler for spring belongs into a file of yours'],
])('plans none for %s with %j: %s', (recipe, files, reason) => {
  expect(plan(recipe, files)).toMatchObject({ files: null, reason });
});

it('names the packages that the handler needs and the project lacks', () => {
  expect(plan('koa').files?.missing).toContain('koa');
  const manifest = JSON.stringify({ dependencies: { koa: '3' } });
  expect(plan('koa', { 'package.json': manifest }).files?.missing).not.toContain('koa');
});

it('writes TypeScript in which every parameter of a function has a type', () => {
  const written = RECIPE_NAMES.flatMap((recipe) => {
    const { handler } = plan(recipe, { 'tsconfig.json': '{}' }).files ?? {};
    return handler?.path.endsWith('.ts') === true ? [handler.text] : [];
  });
  expect(written.length).toBeGreaterThan(8);
  for (const text of written) {
    const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
    expect(ts.transpileModule(text, { reportDiagnostics: true }).diagnostics).toEqual([]);
    const functions = source.statements.filter((it) => ts.isFunctionDeclaration(it));
    const untyped = functions
      .flatMap(({ parameters }) => Array.from(parameters))
      .filter(({ type, initializer }) => type === undefined && initializer === undefined);
    expect(untyped.map((it) => it.getText())).toEqual([]);
  }
});

describe('the test that is written', () => {
  it.each([
    ['passes with a right handler', 'node-http', 0],
    ['fails with one that verifies nothing', 'no-verification', 1],
  ] as const)('%s', async (_, handler, status) => {
    const { url } = await startHandler(handler);
    const { folder, files } = plan(
      'express',
      { '.env': `RELYABLE_WEBHOOK_SECRET=${HANDLER_SECRET}\n` },
      url,
    );
    if (files === null) throw new Error('expected files');
    writeFileSync(join(folder, files.test.path), files.test.text);
    const [command = '', ...args] = files.testCommand.split(' ');
    expect(command).toBe('node');
    const run = spawnSync(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    });
    expect(run.status, run.stdout.toString()).toBe(status);
  });

  it('is for vitest where the project has it', () => {
    const manifest = JSON.stringify({ devDependencies: { vitest: '4', typescript: '5' } });
    const { files } = plan('express', { 'package.json': manifest, 'tests/x.test.ts': '' });
    expect(files?.test.path).toBe('tests/relyable-webhooks.test.ts');
    expect(files?.testCommand).toBe('npx vitest run tests/relyable-webhooks.test.ts');
    expect(files?.test.text).toContain("import { expect, it } from 'vitest';");
  });
});
