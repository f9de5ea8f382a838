import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConfigLayer, loadConfig } from '../../src/config/load.ts';
import { pickSetting, storeSetting } from '../../src/config/settings.ts';
import type { Context } from '../../src/system/context.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';

interface World {
  readonly project?: object;
  readonly user?: object;
  readonly env?: Readonly<Record<string, string>>;
}

/** A context whose project and user config hold these values. */
function contextWith({ project, user, env = {} }: World): Context {
  const context = testContext({ env });
  const write = (file: string, values: object | undefined): void => {
    if (values === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
  };
  write(join(context.cwd, '.relyablerc.json'), project);
  write(join(context.paths.config, 'config.json'), user);
  return context;
}

function layersOf(context: Context, profile?: string): Promise<ConfigLayer[]> {
  return loadConfig(context, profile === undefined ? {} : { profile }, () => undefined);
}

const api = (url: string): object => ({ api: { url } });
const all = {
  project: { ...api('http://project'), profiles: { ci: api('http://project-ci') } },
  user: { ...api('http://user'), profiles: { ci: api('http://user-ci') } },
  env: { RELYABLE_API_URL: 'http://env' },
};

describe('a setting', () => {
  it.each<[string, { world: World; flag?: string; profile?: string }, string, string]>([
    ['the flag', { world: all, flag: 'http://flag', profile: 'ci' }, 'http://flag', '--api-url'],
    ['the variable', { world: all, profile: 'ci' }, 'http://env', 'RELYABLE_API_URL'],
    [
      'the profile of the project',
      { world: { ...all, env: {} }, profile: 'ci' },
      'http://project-ci',
      'project config .relyablerc.json, profile ci',
    ],
    [
      'the profile of the user, before plain values of the project',
      { world: { project: api('http://project'), user: all.user }, profile: 'ci' },
      'http://user-ci',
      'user config config.json, profile ci',
    ],
    [
      'the project',
      { world: { ...all, env: {} } },
      'http://project',
      'project config .relyablerc.json',
    ],
    [
      'the user, where the project does not say',
      { world: { project: {}, user: all.user } },
      'http://user',
      'user config config.json',
    ],
    ['the default', { world: { project: {}, user: {} } }, 'http://default', 'default'],
    [
      'the project, where the variable is empty',
      { world: { ...all, env: { RELYABLE_API_URL: '' } } },
      'http://project',
      'project config .relyablerc.json',
    ],
    [
      'the plain value, where the profile does not say',
      { world: { project: { ...api('http://project'), profiles: { ci: {} } } }, profile: 'ci' },
      'http://project',
      'project config .relyablerc.json',
    ],
  ])('is that of %s', async (_, { world, flag, profile }, value, origin) => {
    const context = contextWith(world);
    const setting = pickSetting(context, await layersOf(context, profile), {
      flag: { name: '--api-url', value: flag },
      env: 'RELYABLE_API_URL',
      config: (values) => values.api?.url,
      fallback: 'http://default',
    });
    const shown = setting.origin.replace(/ \/.*\//, ' ');
    expect({ value: setting.value, origin: shown }).toEqual({ value, origin });
  });
});

describe('the profile', () => {
  const profiles = { project: { profiles: { ci: { port: 1 }, dev: { port: 2 } } } };

  it.each([
    ['the flag before the variable', 'ci', { RELYABLE_PROFILE: 'dev' }, 1],
    ['the variable', undefined, { RELYABLE_PROFILE: 'dev' }, 2],
    ['none where the variable is empty', undefined, { RELYABLE_PROFILE: '' }, undefined],
  ])('is %s', async (_, profile, env, port) => {
    const [first] = await layersOf(contextWith({ ...profiles, env }), profile);
    expect(first?.values.port).toBe(port);
  });

  it('that no file has is an error with the nearest one', async () => {
    await expect(layersOf(contextWith(profiles), 'cii')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: 'did you mean --profile ci?',
    });
  });
});

describe('the project config', () => {
  /** The places of a folder, the strongest first; YAML is written where it may be. */
  const PLACES = [
    ['.relyablerc', 'port: 7\n'],
    ['.relyablerc.json', '{"port":7}'],
    ['.relyablerc.yaml', 'port: 7\n'],
    ['.relyablerc.yml', 'port: 7\n'],
    ['relyable.config.json', '{"port":7}'],
    ['package.json', '{"relyable":{"port":7}}'],
  ] as const;

  it.each(PLACES.map(([name], at) => [name, PLACES.slice(at)] as const))(
    '%s comes before the places after it',
    async (chosen, places) => {
      const context = testContext();
      for (const [name, text] of places) {
        // Only the first has a value.
        const content = name === chosen ? text : name === 'package.json' ? '{"relyable":{}}' : '{}';
        writeFileSync(join(context.cwd, name), content);
      }
      const layers = await layersOf(context);
      expect(layers.map(({ file, values }) => [file, values.port])).toEqual([
        [join(context.cwd, chosen), 7],
      ]);
    },
  );

  it('a package.json without a relyable key is none', async () => {
    const context = testContext();
    writeFileSync(join(context.cwd, 'package.json'), '{"name":"relyable"}');
    expect(await layersOf(context)).toEqual([]);
  });

  it('a file that --config names and that is not there is an error', async () => {
    await expect(
      loadConfig(testContext(), { config: 'none.json' }, () => undefined),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', hint: 'check --config or RELYABLE_CONFIG' });
  });

  it.each([
    ['a folder further up', [], 'found'],
    ['nothing beyond a package.json', ['package.json'], 'none'],
    ['nothing beyond the root of a repository', ['.git'], 'none'],
  ])('is searched up to %s', async (_, ends, outcome) => {
    const above = temporaryFolder();
    const cwd = join(above, 'a', 'b');
    mkdirSync(cwd, { recursive: true });
    for (const name of ends) writeFileSync(join(above, 'a', name), '{}');
    writeFileSync(join(above, '.relyablerc.json'), '{}');
    const layers = await layersOf(testContext({ cwd }));
    expect(layers.map(({ file }) => file)).toEqual(
      outcome === 'found' ? [join(above, '.relyablerc.json')] : [],
    );
  });

  it('is that of --config before RELYABLE_CONFIG before the nearest one', async () => {
    const context = contextWith({ project: {}, env: { RELYABLE_CONFIG: 'env.json' } });
    for (const name of ['env.json', 'flag.json']) writeFileSync(join(context.cwd, name), '{}');
    const files = [];
    for (const selection of [{}, { config: 'flag.json' }]) {
      const [layer] = await loadConfig(context, selection, () => undefined);
      files.push(layer?.file);
    }
    expect(files).toEqual(['env.json', 'flag.json'].map((name) => join(context.cwd, name)));
  });
});

describe('the store', () => {
  it.each([
    ['--store', 'flag.db', { RELYABLE_STORE: 'env.db' }, 'flag.db'],
    ['RELYABLE_STORE', undefined, { RELYABLE_STORE: 'env.db' }, 'env.db'],
    ['the config', undefined, {}, 'project.db'],
  ])('of %s is relative to the current folder', async (_, flag, env, name) => {
    const context = contextWith({ project: { store: 'project.db' }, env });
    const { value } = storeSetting(context, await layersOf(context), flag);
    expect(value).toBe(join(context.cwd, name));
  });

  it('is in the data folder by default, and never a folder', () => {
    const context = testContext();
    expect(storeSetting(context, [], undefined).value).toBe(
      join(context.paths.data, 'captures.db'),
    );
    expect(() => storeSetting(context, [], 'folder/')).toThrow(/--store: expected a file/);
  });
});

it('a relative store of a config file is relative to that file', async () => {
  const context = contextWith({ project: { store: 'data/c.db' }, env: {} });
  const layers = await layersOf(context);
  const inFolder = { ...context, cwd: join(context.cwd, 'src') };
  expect(storeSetting(inFolder, layers, undefined).value).toBe(join(context.cwd, 'data', 'c.db'));
  expect(storeSetting(inFolder, layers, 'c.db').value).toBe(join(inFolder.cwd, 'c.db'));
});
