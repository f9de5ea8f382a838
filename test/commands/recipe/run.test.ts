import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FRAMEWORKS } from '../../../src/commands/kit/frameworks.ts';
import { RECIPE_NAMES, type RecipeName } from '../../../src/commands/kit/recipe-names.ts';
import { RECIPES } from '../../../src/commands/kit/recipes.ts';
import { ROOT, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

it.each([['recipe'], ['webhooks', 'recipe']])(
  '%s prints the handler of a framework',
  async (...words) => {
    const { code, stdout, stderr } = await runCli([...words, 'flask']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(readFileSync(join(ROOT, 'docs/recipes/flask_app.py'), 'utf8'));
  },
);

it.each([
  ['Gemfile', 'source "x"\ngem "rails", "~> 8"\n', 'rails'],
  ['package.json', '{"dependencies":{"@nestjs/core":"11"}}', 'nestjs'],
])('prints the one for the project: %s', async (file, text, framework) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, file), text);
  const { stdout } = await runCli(['recipe', '--json'], { cwd });
  const { title, code, withoutLibrary } = RECIPES[framework as RecipeName];
  expect(JSON.parse(stdout)).toEqual({
    type: 'recipe',
    v: 1,
    framework,
    title,
    code: withoutLibrary?.code ?? code,
  });
});

it('prints the one with the library for a project that has it', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'package.json'), '{"dependencies":{"@relyable/webhooks":"0.1.0"}}');
  const { stdout } = await runCli(['recipe', 'koa'], { cwd });
  expect(stdout).toBe(RECIPES.koa.code);
});

it.each([
  [['recipe', 'expres'], 'did you mean express?'],
  [['recipe'], 'name one of express, fastify'],
])('%j is refused with a way on', async (args, hint) => {
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(hint);
});

describe('in a workspace', () => {
  function workspace(apps: Readonly<Record<string, readonly string[]>>): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{"workspaces":["apps/*"]}');
    for (const [app, packages] of Object.entries(apps)) {
      mkdirSync(join(folder, 'apps', app), { recursive: true });
      const dependencies = Object.fromEntries(packages.map((name) => [name, '*']));
      const manifest = join(folder, 'apps', app, 'package.json');
      writeFileSync(manifest, JSON.stringify({ dependencies }));
    }
    return folder;
  }

  it('prints the one for the one app, with the library where that has it', async () => {
    const cwd = workspace({ api: ['koa', '@relyable/webhooks'], types: [] });
    const { code, stdout } = await runCli(['recipe'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toBe(RECIPES.koa.code);
  });

  it('names the apps where there are several', async () => {
    const cwd = workspace({ api: ['express'], web: ['next'] });
    const { code, stdout, stderr } = await runCli(['recipe'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('expected one app, found apps/api, apps/web');
    expect(stderr).toContain('cd apps/api, then relyable recipe');
  });
});

/** The paths of files that are routes by their names, as the first lines of recipes have them. */
const FILE_ROUTES: ReadonlyArray<readonly [RegExp, (path: string) => string]> = [
  [/\bapp\/(\S+)\/route\.[jt]s/, (path) => path],
  [/\bpages\/(api\/\S+)\.[jt]s/, (path) => path],
  [/\bserver\/(api\/\S+)\.post\.[jt]s/, (path) => path],
  [/\bsrc\/routes\/(\S+)\/\+server\.[jt]s/, (path) => path],
  [/\bapp\/routes\/(\S+)\.[jt]s/, (path) => path.replaceAll('.', '/')],
  [/\bsrc\/pages\/(\S+)\.[jt]s/, (path) => path],
];

/** The path at which a recipe is reached, from its code. */
function pathOf(code: string): string {
  for (const [pattern, toPath] of FILE_ROUTES) {
    const [, found] = pattern.exec(code.split('\n').slice(0, 4).join('\n')) ?? [];
    if (found !== undefined) return `/${toPath(found)}`;
  }
  const [, route = ''] = /["'](\/?webhooks\/[\w/]+)["']/.exec(code) ?? [];
  const path = route.startsWith('/') ? route : `/${route}`;
  return code.includes('routes/api.php') ? `/api${path}` : path;
}

describe('the path of', () => {
  it.each(RECIPE_NAMES)('the recipe %s is that of init', (name) => {
    const framework = FRAMEWORKS.find(({ recipe }) => recipe === name);
    // Both routers of Next.js are one framework; init looks which one the project has.
    const expected = name === 'next-pages' ? '/api/webhooks/relyable' : framework?.path;
    const { code, withoutLibrary } = RECIPES[name];
    expect(pathOf(code)).toBe(expected);
    if (withoutLibrary !== undefined) expect(pathOf(withoutLibrary.code)).toBe(expected);
  });

  it('every framework but "other" has a recipe', () => {
    const without = FRAMEWORKS.filter(({ recipe }) => recipe === null);
    expect(without.map(({ name }) => name)).toEqual(['other']);
  });
});
