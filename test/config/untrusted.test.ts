import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/cli.ts';
import { runCli } from '../support/run-cli.ts';

/** A folder with these files, as a clone brings them. */
function cloneWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('a config file is data', () => {
  it.each(['c.js', 'c.cjs', 'c.mjs', 'c.ts'])('%s is refused and not run', async (name) => {
    const cwd = cloneWith({
      [name]: 'require("fs").writeFileSync("ran", ""); module.exports = {}',
    });
    for (const result of [
      await runCli(['--config', name, 'config'], { cwd }),
      await runCli(['config'], { cwd, env: { RELYABLE_CONFIG: name } }),
    ]) {
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toContain(`${name}: expected JSON or YAML, got a program`);
    }
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
  });

  it.each(['config.js', 'config.cjs', 'config.mjs', 'config.ts'])(
    'a %s in the .config of a project is not run',
    async (name) => {
      const cwd = cloneWith({ '.relyablerc.json': '{"port":4321}' });
      mkdirSync(join(cwd, '.config'));
      writeFileSync(
        join(cwd, '.config', name),
        'require("fs").writeFileSync("ran", ""); module.exports = {}',
      );
      const result = await runCli(['config', 'get', 'port'], { cwd });
      expect(result).toEqual({ code: 0, stdout: '4321\n', stderr: '' });
      expect(existsSync(join(cwd, 'ran'))).toBe(false);
    },
  );

  it('nor does a project import further files', async () => {
    const cwd = cloneWith({
      '.relyablerc.json': '{"$import":"./other.json"}',
      'other.json': '{"port":4321}',
    });
    const result = await runCli(['config', 'get', 'port'], { cwd });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('.relyablerc.json: unknown key "$import"');
  });

  it('a broken package.json does not concern the config that is named', async () => {
    const cwd = cloneWith({ 'package.json': '{"relyable":', 'c.yaml': 'port: 4321' });
    const result = await runCli(['--config', 'c.yaml', 'config', 'get', 'port'], { cwd });
    expect(result).toEqual({ code: 0, stdout: '4321\n', stderr: '' });
  });

  it.each([
    ['package.json', '{"name":"x","relyable":{"port":4321}}', '4321\n'],
    ['package.json', '\ufeff{"name":"x","relyable":{"port":4321}}', '4321\n'],
    ['.relyablerc', 'port: 4321', '4321\n'],
    ['.relyablerc', '', '4400\n'],
    ['.relyablerc.yml', 'port: 4321', '4321\n'],
    ['relyable.config.json', '{"port":4321}', '4321\n'],
  ])('%s with %s is read', async (name, text, port) => {
    const result = await runCli(['config', 'get', 'port'], { cwd: cloneWith({ [name]: text }) });
    expect(result).toEqual({ code: 0, stdout: port, stderr: '' });
  });

  const BROKEN = '{\n  "name": "x",\n  "relyable": {"secret": "whsec_LITERAL"}\n  "y": 1\n}\n';

  it('a broken package.json is passed over with a warning that names the place', async () => {
    const cwd = cloneWith({ 'package.json': BROKEN });
    const result = await runCli(['config', 'get', 'port'], { cwd });
    expect(result).toMatchObject({ code: 0, stdout: '4400\n' });
    expect(result.stderr).toMatch(
      /^warning: .*package\.json is not valid JSON, line 4, column 3: a "relyable" key in it is not read\n$/,
    );
    const doctor = await runCli(['doctor', '--json'], { cwd });
    const { findings } = JSON.parse(doctor.stdout) as { findings: object[] };
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'config',
        level: 'warning',
        message: expect.stringContaining('package.json is not valid JSON') as string,
      }),
    );
    expect(doctor.stderr).toBe('');
  });

  it('a broken package.json that does not mention relyable is ignored', async () => {
    const cwd = cloneWith({ 'package.json': '{"name":' });
    const result = await runCli(['config', 'get', 'port'], { cwd });
    expect(result).toEqual({ code: 0, stdout: '4400\n', stderr: '' });
  });

  it('a file of another kind is refused', async () => {
    const cwd = cloneWith({ 'c.toml': 'port = 1' });
    const result = await runCli(['--config', 'c.toml', 'config'], { cwd });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('c.toml: expected JSON or YAML, got a .toml file');
  });

  it.each([
    ['.relyablerc.json', '{"secret":"whsec_LITERAL" "x"}', 'JSON, line 1, column 27'],
    ['relyable.config.json', '{"secret":"whsec_LITERAL",\n', 'JSON, line 2, column 1'],
    ['.relyablerc.yaml', 'secret: "whsec_LITERAL\nport: 1', 'JSON or YAML, line 3, column 1'],
    ['.relyablerc', '{"secret":"whsec_LITERAL"', 'JSON or YAML, line 2, column 1'],
  ])('a broken %s is named with the place, its text is not', async (name, text, message) => {
    const result = await runCli(['config', '--verbose'], { cwd: cloneWith({ [name]: text }) });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`/${name} is not valid ${message}\n`);
    expect(result.stderr + result.stdout).not.toContain('LITERAL');
  });

  it('a broken user config does not show its key', async () => {
    const home = temporaryFolder();
    const folder = join(home, '.config/relyable');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{"apiKey":"sk_LITERAL"', { mode: 0o600 });
    const result = await runCli(['config'], {
      home,
      env: { XDG_CONFIG_HOME: join(home, '.config') },
    });
    if (process.platform === 'linux') expect(result.code).toBe(2);
    expect(result.stderr + result.stdout).not.toContain('LITERAL');
  });

  it.each(['secret', 'apiKey'])(
    'a literal %s in a project config is refused with the way to do it',
    async (key) => {
      const result = await runCli(['config'], {
        cwd: cloneWith({ '.relyablerc.json': `{"${key}":"whsec_LITERAL"}` }),
      });
      expect(result.code).toBe(2);
      expect(result.stderr).toContain(`${key}: expected the name of a variable`);
      expect(result.stderr).toMatch(/hint: put \{?"(secretEnv|api)"/);
      expect(result.stderr).not.toContain('LITERAL');
    },
  );

  it('an unknown key names the file, the path and the nearest one', async () => {
    const cwd = cloneWith({ '.relyablerc.json': '{"profiles":{"dev":{"fowardTo":"3000"}}}' });
    const result = await runCli(['config'], { cwd });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('.relyablerc.json: unknown key "profiles.dev.fowardTo"');
    expect(result.stderr).toContain('did you mean "profiles.dev.forwardTo"?');
  });
});

describe('an API key goes where its owner says', () => {
  const env = { RELYABLE_API_KEY: 'sk_live_x', AWS_SECRET_ACCESS_KEY: 'aws_x' };

  it.each([
    [
      'another host',
      { api: { url: 'https://relyable.example.test/api' } },
      /a project does not decide where your API key goes/,
    ],
    [
      'another variable',
      { api: { keyEnv: 'AWS_SECRET_ACCESS_KEY' } },
      /expected a variable that begins with RELYABLE_/,
    ],
    [
      'plain http',
      { api: { url: 'http://relyable.example.test/api' } },
      /a project does not decide/,
    ],
  ])('a project config cannot name %s', async (_, config, message) => {
    const cwd = cloneWith({ '.relyablerc.json': JSON.stringify(config) });
    const result = await runCli(['webhooks', 'logs'], { cwd, env });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/sk_live_x|aws_x/);
  });

  it('it may name one on this machine, an emulator', async () => {
    const api = await startApp((response) => response.end('{"success":true,"data":[]}'));
    const cwd = cloneWith({
      '.relyablerc.json': JSON.stringify({ api: { url: `${api.url}/api` } }),
    });
    expect(await runCli(['webhooks', 'logs', '--json'], { cwd, env })).toMatchObject({ code: 0 });
  });
});
