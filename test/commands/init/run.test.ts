import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spawnCli, temporaryFolder } from '../../support/cli.ts';
import { recipeCode } from '../../../src/commands/kit/recipes.ts';
import { runCli } from '../../support/run-cli.ts';
import { startPtyCli } from '../../support/pty.ts';

function nextProject(): string {
  const folder = temporaryFolder();
  const manifest = { dependencies: { next: '15' }, scripts: { dev: 'next dev -p 4123' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/** Whatever this machine has installed. */
const NO_TUNNEL = { PATH: '/nonexistent' };

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

it('sets a project up without a question, so that trigger and app share the secret', async () => {
  const cwd = nextProject();
  const home = temporaryFolder();
  const { code, stdout, stderr } = await runCli(['init', '--yes'], { cwd, home });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(read(cwd, '.relyablerc.json'))).toEqual({
    forwardTo: 'http://localhost:4123/webhooks/relyable',
    secretEnv: 'RELYABLE_WEBHOOK_SECRET',
  });
  const secret = await spawnCli(['webhooks', 'listen', '--print-secret'], { cwd, home });
  expect(read(cwd, '.env.local')).toBe(`RELYABLE_WEBHOOK_SECRET=${secret.stdout.trim()}\n`);
  expect(secret.stdout).toMatch(/^whsec_dev_/);
  expect(stdout).not.toContain(secret.stdout.trim());
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('Next: relyable webhooks listen');

  const again = await runCli(['init', '--yes', '--json'], { cwd, home });
  expect(JSON.parse(again.stdout)).toMatchObject({
    type: 'init',
    v: 1,
    config: { status: 'kept' },
    env: { status: 'kept', file: '.env.local' },
  });
});

it.each([
  ['express', 'express does not read it by itself: node --env-file=.env '],
  ['flask', 'flask does not read it by itself: load_dotenv() '],
])('says how an app made with %s reads the file', async (framework, words) => {
  const args = ['init', '--yes', '--framework', framework];
  const { stdout } = await runCli(args, { cwd: temporaryFolder() });
  expect(stdout).toContain(words);
  const { stdout: json } = await runCli([...args, '--json'], { cwd: temporaryFolder() });
  expect(JSON.parse(json)).toMatchObject({ framework, env: { status: 'written' } });
});

it('says nothing of that where the framework reads it', async () => {
  const { stdout } = await runCli(['init', '--yes'], { cwd: nextProject() });
  expect(stdout).not.toContain('by itself');
});

it('takes everything from flags', async () => {
  const cwd = temporaryFolder();
  const args = ['init', '--port', '8123', '--path', '/in', '--dotenv', '.env'];
  const { code } = await runCli([...args, '--secret-env', 'HOOK_SECRET'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(read(cwd, '.relyablerc.json'))).toEqual({
    forwardTo: 'http://localhost:8123/in',
    secretEnv: 'HOOK_SECRET',
  });
  expect(read(cwd, '.env')).toMatch(/^HOOK_SECRET=whsec_dev_/);
});

it('refuses to put the secret where git would commit it, exit 1, and says what to type', async () => {
  const cwd = nextProject();
  execFileSync('git', ['init', '-q'], { cwd });
  const { code, stdout } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(1);
  expect(existsSync(join(cwd, '.env.local'))).toBe(false);
  expect(stdout).toContain('Next: echo .env.local >> .gitignore && relyable init');
});

it('does not run two lines of .gitignore into one', async () => {
  const cwd = nextProject();
  execFileSync('git', ['init', '-q'], { cwd });
  writeFileSync(join(cwd, '.gitignore'), 'node_modules');
  const { stdout } = await runCli(['init', '--yes'], { cwd });
  const [, add = ''] = /Next: (.*) && relyable init/.exec(stdout) ?? [];
  execFileSync('sh', ['-c', add], { cwd });
  expect(read(cwd, '.gitignore')).toBe('node_modules\n.env.local\n');
  expect((await runCli(['init', '--yes'], { cwd })).code).toBe(0);
});

it('says how a file that git has leaves it', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.env.local'), 'A=1\n');
  writeFileSync(join(cwd, '.gitignore'), '.env.local\n');
  execFileSync('git', ['init', '-q'], { cwd });
  execFileSync('git', ['add', '--force', '.env.local'], { cwd });
  const { code, stdout } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(1);
  expect(read(cwd, '.env.local')).toBe('A=1\n');
  expect(stdout).toContain('Next: git rm --cached .env.local && relyable init');
});

it('says that the line is there without a value, exit 1', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.env.local'), 'RELYABLE_WEBHOOK_SECRET=\n');
  const { code, stdout } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain('RELYABLE_WEBHOOK_SECRET is there without a value');
  expect(stdout).toContain('Next: relyable webhooks listen --print-secret');
});

it.skipIf(process.platform === 'win32').each([
  ['Windows lines', 'whsec_app\r\n', 'whsec_app'],
  ['what a shell would act on', '"whsec_a$b&c#d"\nOTHER=two words & more\n', 'whsec_a$b&c#d'],
])('ends with a command that reads the secret from %s', async (_, rest, secret) => {
  const cwd = nextProject();
  writeFileSync(join(cwd, 'app.env'), `RELYABLE_WEBHOOK_SECRET=${rest}`);
  const { code, stdout } = await runCli(['init', '--yes', '--dotenv', 'app.env'], { cwd });
  expect(code).toBe(0);
  const [, take = ''] = /Next: (.*); relyable webhooks listen/.exec(stdout) ?? [];
  const script = `${take}; printf %s "$RELYABLE_WEBHOOK_SECRET"`;
  expect(execFileSync('sh', ['-c', script], { cwd, encoding: 'utf8' })).toBe(secret);
});

it('goes by the config that is there: its target, its variable, no question about either', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.relyablerc.json'), '{"forwardTo":"4000/in","secretEnv":"HOOK_SECRET"}');
  const home = temporaryFolder();
  const args = ['init', '--dotenv', '.env', '--port', '5000'];
  const { code, stdout } = await runCli(args, { cwd, home });
  expect(code).toBe(0);
  expect(stdout).toContain('forwards to http://localhost:4000/in; left as it is');
  expect(read(cwd, '.env')).toMatch(/^HOOK_SECRET=whsec_dev_/);
  const json = await runCli(['init', '--yes', '--json', '--dotenv', '.env'], { cwd, home });
  expect(JSON.parse(json.stdout)).toMatchObject({
    forwardTo: 'http://localhost:4000/in',
    secretEnv: 'HOOK_SECRET',
    env: { status: 'kept' },
  });
});

it('says what is missing in a config that names no app', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.relyablerc.json'), '{"port":4401}');
  const { code, stdout } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('add "forwardTo": "http://localhost:4123/webhooks/relyable"');
});

it('refuses a config that is not valid, and writes nothing', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.relyablerc.json'), '{"forwardT":"4000"}');
  const { code, stderr } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean "forwardTo"');
  expect(existsSync(join(cwd, '.env.local'))).toBe(false);
});

it('takes another file where .env is a folder', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.env'));
  const { code } = await runCli(['init', '--yes', '--dotenv', '.env.local'], { cwd });
  expect(code).toBe(0);
  expect(read(cwd, '.env.local')).toMatch(/^RELYABLE_WEBHOOK_SECRET=whsec_dev_/);
});

it('writes no secret where the environment has one', async () => {
  const cwd = nextProject();
  const env = { RELYABLE_WEBHOOK_SECRET: 'whsec_production' };
  const { code, stdout } = await runCli(['init', '--yes'], { cwd, env });
  expect(code).toBe(0);
  expect(existsSync(join(cwd, '.env.local'))).toBe(false);
  expect(stdout).not.toContain('whsec_production');
});

it('says so where the env file cannot be read', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.env'));
  const { code, stderr } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('.env');
  expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
});

it.each([
  [['--yes', '--port', '70000']],
  [['--yes', '--path', 'no-slash']],
  [['--yes', '--dotenv', '../outside']],
  [['--yes', '--dotenv', 'folder/']],
  [['--yes', '--secret-env', 'not a name']],
  [['--yes', '--framework', 'nxt']],
  [[]],
])('refuses init %j and writes nothing', async (args) => {
  const cwd = temporaryFolder();
  const { code, stdout } = await runCli(['init', ...args], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
  expect(existsSync(join(cwd, '.env'))).toBe(false);
});

it('asks four questions on a terminal, suggesting what it found', async () => {
  const cwd = nextProject();
  const cli = startPtyCli(['init'], { cwd, columns: 200, env: NO_TUNNEL });
  await cli.waitFor('[next]: ');
  cli.type('\r');
  await cli.waitFor('[4123]: ');
  cli.type('99999\r');
  await cli.waitFor('expected a port');
  await cli.waitFor('[4123]: ');
  cli.type('4124\r');
  await cli.waitFor('[/webhooks/relyable]: ');
  cli.type('/hooks\r');
  await cli.waitFor('[.env.local]: ');
  cli.type('.env\r');
  await cli.waitFor('Next: ');
  expect(await cli.exitCode).toBe(0);
  expect(cli.screen().match(/\]: /g)).toHaveLength(5);
  expect(read(cwd, '.relyablerc.json')).toContain('http://localhost:4124/hooks');
  expect(read(cwd, '.env')).toContain('RELYABLE_WEBHOOK_SECRET=');
});

it('asks only for the env file where there is a config', async () => {
  const cwd = nextProject();
  writeFileSync(join(cwd, '.relyablerc.json'), '{"forwardTo":"4000/in"}');
  const cli = startPtyCli(['init'], { cwd, columns: 200, env: NO_TUNNEL });
  await cli.waitFor('[.env.local]: ');
  cli.type('\r');
  await cli.waitFor('Next: ');
  expect(await cli.exitCode).toBe(0);
  expect(cli.screen().match(/\]: /g)).toHaveLength(1);
});

it.each([
  ['\u0003', 130],
  ['\u0004', 2],
])('ends at %j without writing, exit %i', async (key, exitCode) => {
  const cwd = nextProject();
  const cli = startPtyCli(['init'], { cwd });
  await cli.waitFor('[next]: ');
  cli.type(key);
  expect(await cli.exitCode).toBe(exitCode);
  expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
});

it('writes a handler and a test with --handler, and says how they are used', async () => {
  const cwd = nextProject();
  const { code, stdout } = await runCli(['init', '--yes', '--handler'], { cwd });
  expect(code).toBe(0);
  expect(read(cwd, 'app/webhooks/relyable/route.js')).toBe(recipeCode('next', new Set()));
  expect(stdout).toContain('while your app runs: node --test relyable-webhooks.test.mjs');
  const again = await runCli(['init', '--yes', '--handler', '--json'], { cwd });
  expect(JSON.parse(again.stdout)).toMatchObject({
    written: [],
    recipe: 'next',
    noHandler: 'app/webhooks/relyable/route.js has a route for Relyable already',
  });
});

it.each([
  [[], 'no framework was found; name it with --framework'],
  [['--framework', 'go'], 'a handler for go belongs into a file of yours'],
  [
    ['--framework', 'koa', '--path', '/hook'],
    'the handler of the recipe is at /webhooks/relyable, not at /hook',
  ],
])('says why --handler with %j writes nothing', async (args, reason) => {
  const { code, stdout } = await runCli(['init', '--yes', '--handler', ...args]);
  expect(code).toBe(0);
  expect(stdout).toContain(`--handler wrote nothing: ${reason}\n`);
});

it('offers the handler on a terminal, and writes none where the answer is n', async () => {
  const cwd = nextProject();
  const cli = startPtyCli(['init'], { cwd, columns: 200, env: NO_TUNNEL });
  for (const question of ['[next]: ', '[4123]: ', '[/webhooks/relyable]: ', '[.env.local]: ']) {
    await cli.waitFor(question);
    cli.type('\r');
  }
  await cli.waitFor('app/webhooks/relyable/route.js and relyable-webhooks.test.mjs? y or n [y]: ');
  cli.type('n\r');
  await cli.waitFor('To see a handler: relyable recipe next');
  expect(await cli.exitCode).toBe(0);
  expect(existsSync(join(cwd, 'app'))).toBe(false);
});

describe('in a workspace', () => {
  function workspace(...apps: readonly string[]): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{"workspaces":["apps/*"]}');
    for (const app of apps) {
      mkdirSync(join(folder, 'apps', app), { recursive: true });
      writeFileSync(join(folder, 'apps', app, 'package.json'), '{"dependencies":{"hono":"4"}}');
    }
    return folder;
  }

  it('sets up the one app', async () => {
    const cwd = workspace('api');
    const { code, stdout } = await runCli(['init', '--yes'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^in apps\/api:\n\.relyablerc\.json: forwards to/);
    expect(stdout.trimEnd()).toMatch(/Next: cd apps\/api && relyable webhooks listen$/);
    expect(existsSync(join(cwd, 'apps/api/.relyablerc.json'))).toBe(true);
    expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
  });

  it('prints a command for the test that works where init ran', async () => {
    const cwd = workspace('my api');
    const { stdout } = await runCli(['init', '--yes', '--handler'], { cwd });
    const [, enter = ''] = /while your app runs: (.*) && node --test relyable-/.exec(stdout) ?? [];
    expect(enter).toMatch(/^cd /);
    expect(execFileSync('sh', ['-c', `${enter} && ls *.test.mjs`], { cwd, encoding: 'utf8' })).toBe(
      'relyable-webhooks.test.mjs\n',
    );
  });

  it('names the folder that was set up in JSON', async () => {
    const cwd = workspace('api');
    const args = ['init', '--yes', '--handler', '--json'];
    const { folder, ...rest } = JSON.parse((await runCli(args, { cwd })).stdout) as {
      folder: string;
      envFile: string;
      written: string[];
    };
    expect(folder).toBe(join(cwd, 'apps/api'));
    expect([rest.envFile, ...rest.written].filter((it) => !existsSync(join(folder, it)))).toEqual(
      [],
    );
    const inside = await runCli(args, { cwd: folder });
    expect(JSON.parse(inside.stdout)).toMatchObject({ folder });
  });

  it('asks for one of several, and refuses to guess', async () => {
    const { code, stderr } = await runCli(['init', '--yes'], { cwd: workspace('api', 'web') });
    expect(code).toBe(2);
    expect(stderr).toContain('expected one app, found apps/api, apps/web');
    const cwd = workspace('api', 'web');
    const cli = startPtyCli(['init'], { cwd, columns: 200, env: NO_TUNNEL });
    await cli.waitFor('App of this workspace (apps/api, apps/web) [apps/api]: ');
    cli.type('apps/wb\r');
    await cli.waitFor('expected one of apps/api, apps/web, got "apps/wb"');
    cli.type('apps/web\r');
    await cli.waitFor('Framework (hono in package.json) [hono]: ');
    cli.type('\u0003');
    expect(await cli.exitCode).toBe(130);
  });

  /** apps/api has express, each of `sites` has next. */
  function mixedWorkspace(...sites: readonly string[]): string {
    const folder = workspace('api', ...sites);
    const write = (app: string, manifest: object): void => {
      writeFileSync(join(folder, 'apps', app, 'package.json'), JSON.stringify(manifest));
    };
    write('api', { dependencies: { express: '5' } });
    for (const site of sites) {
      write(site, { dependencies: { next: '15' }, scripts: { dev: 'PORT=4321 next dev' } });
    }
    return folder;
  }

  it('sets up the one app with the framework that is given', async () => {
    const cwd = mixedWorkspace('web');
    const args = ['init', '--yes', '--handler', '--framework', 'next'];
    const { code, stdout } = await runCli(args, { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^in apps\/web:\n/);
    expect(read(cwd, 'apps/web/.relyablerc.json')).toContain('http://localhost:4321/');
    expect(existsSync(join(cwd, 'apps/web/app/webhooks/relyable/route.js'))).toBe(true);
    expect(existsSync(join(cwd, 'app'))).toBe(false);
  });

  it('names the apps where several have the framework that is given', async () => {
    const cwd = mixedWorkspace('site', 'web');
    const { code, stderr } = await runCli(['init', '--yes', '--framework', 'next'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('expected one app with next, found apps/site, apps/web');
  });

  it.each(['koa', 'other'])('sets up the root where no app has %s', async (framework) => {
    const cwd = mixedWorkspace('web');
    const { code } = await runCli(['init', '--yes', '--framework', framework], { cwd });
    expect(code).toBe(0);
    expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(true);
  });
});
