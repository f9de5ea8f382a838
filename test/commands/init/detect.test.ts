import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { guessEnvFile, guessPort } from '../../../src/commands/init/detect.ts';
import { guessFramework } from '../../../src/commands/kit/guess-framework.ts';
import { FRAMEWORKS, OTHER_FRAMEWORK } from '../../../src/commands/kit/frameworks.ts';
import { findWorkspace } from '../../../src/commands/kit/workspace.ts';
import { guessPath } from '../../../src/commands/init/route.ts';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/cli.ts';

function project(files: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(
      join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return folder;
}

const named = (name: string): (typeof FRAMEWORKS)[number] => {
  const framework = FRAMEWORKS.find((candidate) => candidate.name === name);
  if (framework === undefined) throw new Error(`no framework ${name}`);
  return framework;
};

it.each([
  ['next', { 'package.json': { dependencies: { next: '15', react: '19' } } }],
  ['nestjs', { 'package.json': { dependencies: { '@nestjs/core': '11', express: '5' } } }],
  ['express', { 'package.json': { dependencies: { express: '5' } } }],
  ['hono', { 'package.json': { devDependencies: { hono: '4' } } }],
  ['flask', { 'requirements.txt': '# django\nFlask==3.0\n' }],
  ['flask', { 'requirements.txt': 'requests\nflask[async]>=3 ; python_version > "3"\n' }],
  ['fastapi', { 'pyproject.toml': '[project]\ndependencies = ["fastapi[standard]>=0.1"]\n' }],
  ['django', { 'pyproject.toml': '[tool.poetry.dependencies]\ndjango = "^5"\n' }],
  ['rails', { Gemfile: "source 'https://rubygems.org'\n\n  gem 'rails', '~> 8.0'\n" }],
  ['rails', { Gemfile: 'gem "rails"', 'package.json': { dependencies: { vite: '6' } } }],
  ['laravel', { 'composer.json': { require: { 'laravel/framework': '^12' } } }],
  ['go', { 'go.mod': 'module shop\n\ngo 1.23\n' }],
  ['spring', { 'pom.xml': '<parent><artifactId>spring-boot-starter-parent</artifactId></parent>' }],
  ['spring', { 'build.gradle.kts': 'plugins { id("org.springframework.boot") version "3.4" }' }],
  ['other', { 'build.gradle': "plugins { id 'java' }", Gemfile: '# gem "rails"\ngem "sinatra"' }],
  ['other', { 'requirements.txt': 'django-like\nflasks\n' }],
  ['other', { 'package.json': '{"dependencies":' }],
  ['other', { 'package.json': '[]' }],
  ['other', {}],
])('finds %s in %j', (name, files) => {
  expect(guessFramework(project(files)).value.name).toBe(name);
});

it.each([
  ['PORT in .env', { '.env': 'PORT=4321\n' }, 4321],
  ['PORT in .env.local', { '.env': 'PORT=1\n', '.env.local': 'PORT="4322"\n' }, 4322],
  ['dev script', { 'package.json': { scripts: { dev: 'next dev -p 4323' } } }, 4323],
  ['start script', { 'package.json': { scripts: { start: 'PORT=4324 node .' } } }, 4324],
  ['--port', { 'package.json': { scripts: { dev: 'vite --port=4325 --host' } } }, 4325],
])('takes the port from the %s', async (_, files, port) => {
  const signal = new AbortController().signal;
  const guess = await guessPort(project(files), OTHER_FRAMEWORK, 'linux', signal);
  expect(guess.value).toBe(port);
});

it('prefers the port of a framework to one where something listens', async () => {
  const app = await startApp();
  const signal = new AbortController().signal;
  const framework = { ...OTHER_FRAMEWORK, name: 'slim', port: app.port };
  const guess = await guessPort(project({}), framework, 'linux', signal);
  expect(guess).toEqual({ value: app.port, because: 'usual for slim' });
});

it.each([
  ['app.js', "app.post('/hooks/relyable-events', handler)", '/hooks/relyable-events'],
  ['src/server/index.ts', 'router.post("/api/relyable", x)', '/api/relyable'],
  ['main.py', '@app.route("/relyable", methods=["POST"])', '/relyable'],
  ['app/api/relyable/route.ts', 'export async function POST() {}', '/api/relyable'],
  ['src/app/(hooks)/webhooks/relyable/route.js', '', '/webhooks/relyable'],
  ['pages/api/hooks/relyable.ts', '', '/api/hooks/relyable'],
  ['pages/api/relyable/index.ts', '', '/api/relyable'],
])('finds the route in %s', (file, text, path) => {
  expect(guessPath(project({ [file]: text }), OTHER_FRAMEWORK)).toEqual({
    value: path,
    because: file,
  });
});

it('takes no route from packages, imports or nothing', () => {
  const folder = project({
    'node_modules/x/index.js': "'/other/relyable'",
    'index.js': "import '../../init/relyable.js'; fetch('https://app.relyable.ai/api')",
  });
  expect(guessPath(folder, named('next')).value).toBe('/webhooks/relyable');
});

it('takes the path of the pages router where there is no app router', () => {
  const pages = project({ 'pages/index.js': '' });
  expect(guessPath(pages, named('next')).value).toBe('/api/webhooks/relyable');
  const both = project({ 'src/pages/index.js': '', 'src/app/page.js': '' });
  expect(guessPath(both, named('next')).value).toBe('/webhooks/relyable');
});

it('prefers an env file that is there', () => {
  expect(guessEnvFile(project({}), named('next')).value).toBe('.env.local');
  expect(guessEnvFile(project({ '.env': '' }), named('next')).value).toBe('.env');
  expect(guessEnvFile(project({ '.env.local': '' }), named('express')).value).toBe('.env.local');
  expect(guessEnvFile(project({}), named('flask')).value).toBe('.env');
});

it.each([
  [{ 'package.json': { workspaces: ['apps/*', '!apps/old'] } }, ['apps/api', 'apps/web']],
  [{ 'package.json': { workspaces: { packages: ['./apps/api'] } } }, ['apps/api']],
  [
    { 'pnpm-workspace.yaml': "packages:\n  # all\n  - 'apps/**'\ncatalog:\n  - x\n" },
    ['apps/api', 'apps/web'],
  ],
  [{ 'package.json': { workspaces: ['apps/*'], dependencies: { koa: '2' } } }, []],
  [{ 'package.json': { workspaces: ['../*', 'nowhere/*', 7] } }, []],
  [{}, []],
])('finds the apps of the workspace %j', (files, apps) => {
  const folder = project({
    'apps/api/package.json': { dependencies: { express: '5' } },
    'apps/web/package.json': { dependencies: { next: '15' } },
    'apps/types/package.json': { name: 'types' },
    ...files,
  });
  expect(findWorkspace(folder).apps).toEqual(apps);
});
