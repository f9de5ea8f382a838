import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findApiKey } from '../../src/config/api.ts';
import { loadConfig } from '../../src/config/load.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';

/** What the sources of one test set. */
interface World {
  readonly env: Record<string, string>;
  readonly project: Record<string, unknown>;
  readonly projectProfile: Record<string, unknown>;
  readonly user: Record<string, unknown>;
  readonly userProfile: Record<string, unknown>;
  /** Files of the working folder, by name. */
  readonly files: Record<string, string>;
  /** The options as commands hand them on. */
  readonly options: { secret?: string[]; secretFile?: string[]; apiKeyFile?: string };
}

/** A source of a credential: what sets it, and the origin under which it is named. */
type Source = readonly [name: string, set: (world: World) => void, origin: string];

/** Every source of the signing secret, the strongest first; each gives its own name as the value. */
const SECRET_SOURCES: readonly Source[] = [
  ['--secret', ({ options }) => (options.secret = ['--secret']), '--secret'],
  [
    '--secret-file',
    ({ options, files }) => {
      options.secretFile = ['key'];
      files['key'] = '--secret-file\n';
    },
    '--secret-file key',
  ],
  [
    'the variable',
    ({ env }) => (env['RELYABLE_WEBHOOK_SECRET'] = 'the variable'),
    'RELYABLE_WEBHOOK_SECRET',
  ],
  ...(['projectProfile', 'userProfile', 'project', 'user'] as const).map((place): Source => [
    `secretEnv of ${place}`,
    (world) => {
      const name = `SECRET_${place.toUpperCase()}`;
      world[place]['secretEnv'] = name;
      world.env[name] = `secretEnv of ${place}`;
    },
    `SECRET_${place.toUpperCase()}`,
  ]),
  [
    'the secret of the user config',
    ({ user }) => (user['secret'] = 'the secret of the user config'),
    'the secret of user config CONFIG',
  ],
  [
    '.env.local',
    ({ files }) => (files['.env.local'] = 'RELYABLE_WEBHOOK_SECRET=.env.local\n'),
    'RELYABLE_WEBHOOK_SECRET in .env.local',
  ],
  [
    '.env',
    ({ files }) => (files['.env'] = 'RELYABLE_WEBHOOK_SECRET=.env\n'),
    'RELYABLE_WEBHOOK_SECRET in .env',
  ],
];

/** Every source of the API key, likewise. */
const KEY_SOURCES: readonly Source[] = [
  [
    '--api-key-file',
    ({ options, files }) => {
      options.apiKeyFile = 'key';
      files['key'] = '--api-key-file\n';
    },
    '--api-key-file key',
  ],
  [
    'RELYABLE_API_KEY',
    ({ env }) => (env['RELYABLE_API_KEY'] = 'RELYABLE_API_KEY'),
    'RELYABLE_API_KEY',
  ],
  ...(['projectProfile', 'userProfile', 'project', 'user'] as const).map((place): Source => [
    `api.keyEnv-of-${place}`,
    (world) => {
      const name = `RELYABLE_KEY_${place.toUpperCase()}`;
      world[place]['api'] = { keyEnv: name };
      world.env[name] = `api.keyEnv-of-${place}`;
    },
    `RELYABLE_KEY_${place.toUpperCase()}`,
  ]),
  [
    'apiKey-of-the-user-config',
    ({ user }) => (user['apiKey'] = 'apiKey-of-the-user-config'),
    'user config CONFIG',
  ],
];

/** A context in which these sources, and no others, give a credential. */
async function open(sources: readonly Source[]) {
  const world: World = {
    env: {},
    project: {},
    projectProfile: {},
    user: {},
    userProfile: {},
    files: {},
    options: {},
  };
  for (const [, set] of sources) set(world);
  const cwd = temporaryFolder();
  const context = testContext({ cwd, env: world.env });
  for (const [name, text] of Object.entries(world.files)) writeFileSync(join(cwd, name), text);
  const write = (file: string, values: object, profile: object): void => {
    writeFileSync(file, JSON.stringify({ ...values, profiles: { p: profile } }));
    chmodSync(file, 0o600);
  };
  write(join(cwd, '.relyablerc.json'), world.project, world.projectProfile);
  mkdirSync(context.paths.config, { recursive: true });
  const userFile = join(context.paths.config, 'config.json');
  write(userFile, world.user, world.userProfile);
  const layers = await loadConfig(context, { profile: 'p' }, () => undefined);
  return { context, layers, options: world.options, userFile };
}

/** Each source with all that are weaker. */
const withWeaker = (sources: readonly Source[]) =>
  sources.map(([name], at) => [name, sources.slice(at)] as const);

describe('the signing secret', () => {
  it.each(withWeaker(SECRET_SOURCES))('%s comes before all weaker sources', async (name, from) => {
    const { context, layers, options, userFile } = await open(from);
    const [first] = resolveSecrets(context, layers, options).chosen;
    const origin = from[0]?.[2].replace('CONFIG', userFile);
    expect(first).toMatchObject({ value: name, source: origin });
  });

  it('is the development secret where nothing sets it', async () => {
    const { context, layers } = await open([]);
    const [first] = resolveSecrets(context, layers, {}).chosen;
    expect(first.source).toBe('the development secret');
  });
});

describe('the API key', () => {
  it.each(withWeaker(KEY_SOURCES))('%s comes before all weaker sources', async (name, from) => {
    const { context, layers, options, userFile } = await open(from);
    expect(findApiKey(context, layers, options.apiKeyFile)).toEqual({
      value: name,
      origin: from[0]?.[2].replace('CONFIG', userFile),
    });
  });

  it('is none where nothing sets it, whatever env files say', async () => {
    const { context, layers } = await open([
      ['.env', ({ files }) => (files['.env'] = 'RELYABLE_API_KEY=rk\n'), ''],
    ]);
    expect(findApiKey(context, layers, undefined)).toBeUndefined();
  });
});
