import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/commands/kit/invocation-config.ts';
import { setting } from '../../src/commands/kit/options.ts';
import { findApiKey } from '../../src/config/api.ts';
import { effectiveSettings } from '../../src/config/effective.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEVELOPMENT_SECRET_SOURCE, resolveSecrets } from '../../src/config/secrets.ts';
import { SETTING_KEYS, SETTINGS, storeSetting } from '../../src/config/settings.ts';
import type { Context } from '../../src/system/context.ts';
import { createTerminal } from '../../src/terminal/terminal.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';

/** Where a value can be set, the strongest first. */
const SOURCES = [
  'option',
  'environment',
  'project profile',
  'user profile',
  'project',
  'user',
] as const;

type Source = (typeof SOURCES)[number];
type Values = Readonly<Record<string, unknown>>;
type Layers = Awaited<ReturnType<typeof loadConfig>>;

interface Found {
  readonly value: unknown;
  readonly origin: string;
}

interface Row {
  /** The sources that can set it. */
  readonly sources: readonly Source[];
  /** The origin of the option, and of the environment. */
  readonly option?: string;
  readonly variable?: string;
  /** The content of a config file that sets it. */
  config(text: string): Values;
  /** The setting; `option` is what was typed. */
  find(context: Context, layers: Layers, option: string | undefined): Found | Promise<Found>;
  /** What holds where nothing sets it. */
  fallback(context: Context): Found;
  /** The text that a source sets; each has another. */
  text(source: Source, context: Context): string;
  /** The value that is found for a text; the text itself where it is absent. */
  value?(text: string): unknown;
}

const FILES: readonly Source[] = ['project profile', 'user profile', 'project', 'user'];
const DEFAULT = 'default';

/** A setting of `SETTINGS`, read through a declared option as a command does. */
function declared(
  name: keyof typeof SETTINGS,
  config: (text: string) => Values,
  { option, texts }: { readonly option?: string; readonly texts?: readonly string[] } = {},
): Row {
  const source: (typeof SETTINGS)[typeof name] = SETTINGS[name];
  const variable = 'env' in source ? source.env : undefined;
  const fallback = 'default' in source ? source.default : undefined;
  const sources: readonly Source[] = [
    ...(option === undefined ? [] : ['option' as const]),
    ...(variable === undefined ? [] : ['environment' as const]),
    ...FILES,
  ];
  return {
    sources,
    ...(option === undefined ? {} : { option }),
    ...(variable === undefined ? {} : { variable }),
    config,
    find: async (context, _, typed) => {
      const options = { it: setting(`${option ?? '--none'} <x>`, '', String, source) };
      const given = { it: typed === undefined ? undefined : { value: typed, text: typed } };
      const config = await readConfig({
        context,
        terminal: createTerminal(context, {}),
        globals: { profile: 'p' },
        options: given,
        args: [],
      });
      const { value, origin } = config.settings(options).it;
      return { value, origin };
    },
    fallback: () => ({
      value: fallback === undefined ? undefined : String(fallback),
      origin: DEFAULT,
    }),
    text: (from) => texts?.[sources.indexOf(from)] ?? `http://${from.replace(' ', '-')}.test/x`,
  };
}

/** A setting that is a list: config files give it, and options that add to it or replace it. */
function list(key: 'events' | 'headers', config: (text: string) => Values, fallback: unknown): Row {
  return {
    sources: FILES,
    config,
    find: (context, layers) => effectiveSettings(context, layers)[key],
    fallback: () => ({ value: fallback, origin: DEFAULT }),
    text: (source) => source.replace(' ', '-'),
    value: (text) => config(text)[key],
  };
}

const ROWS: Readonly<Record<string, Row>> = {
  forwardTo: declared('forwardTo', (forwardTo) => ({ forwardTo }), { option: '--forward-to' }),
  port: declared('port', (text) => ({ port: Number(text) }), {
    option: '--port',
    texts: ['1', '2', '3', '4', '5'],
  }),
  host: declared('host', (host) => ({ host }), { option: '--host' }),
  timeout: declared('timeout', (timeout) => ({ timeout }), { option: '--timeout' }),
  maxBody: declared('maxBody', (maxBody) => ({ maxBody }), { option: '--max-body' }),
  retryReading: declared('retryReading', (retryReading) => ({ retryReading }), {
    // Two words for four files: the strongest has one, all others the other.
    texts: ['offsets', 'gaps', 'gaps', 'gaps'],
  }),
  apiUrl: declared('apiUrl', (url) => ({ api: { url } }), { option: '--api-url' }),
  deliveriesPath: declared('deliveriesPath', (deliveriesPath) => ({ api: { deliveriesPath } }), {
    texts: ['/1', '/2', '/3', '/4'],
  }),
  events: list('events', (text) => ({ events: [text] }), 'all'),
  headers: list('headers', (text) => ({ headers: { 'X-From': text } }), undefined),
  store: {
    sources: ['option', 'environment', ...FILES],
    option: '--store',
    variable: 'RELYABLE_STORE',
    config: (store) => ({ store }),
    find: storeSetting,
    fallback: ({ paths }) => ({ value: join(paths.data, 'captures.db'), origin: DEFAULT }),
    text: (source, { cwd }) => join(cwd, source),
  },
  secret: {
    sources: ['option', 'environment', 'user'],
    option: '--secret',
    variable: 'RELYABLE_WEBHOOK_SECRET',
    config: (secret) => ({ secret }),
    find: (context, layers, typed) => {
      const secret = typed === undefined ? [] : [typed];
      const { value, source } = resolveSecrets(context, layers, { secret }).chosen[0];
      return { value, origin: source.replace('the secret of ', '') };
    },
    fallback: () => ({
      value: expect.stringMatching(/^whsec_dev_/),
      origin: DEVELOPMENT_SECRET_SOURCE,
    }),
    text: (source) => `whsec_${source}`,
  },
  apiKey: {
    sources: ['environment', 'user'],
    variable: 'RELYABLE_API_KEY',
    config: (apiKey) => ({ apiKey }),
    find: (context, layers) =>
      findApiKey(context, layers, undefined) ?? { value: undefined, origin: DEFAULT },
    fallback: () => ({ value: undefined, origin: DEFAULT }),
    text: (source) => `rk_${source}`,
  },
};

/** A world in which these sources, and no stronger one, set a setting. */
function makeWorld(row: Row, from: readonly Source[]): { context: Context; option?: string } {
  const cwd = temporaryFolder();
  const env: Record<string, string> = {};
  const context = testContext({ cwd, env });
  const values = (source: Source): Values =>
    from.includes(source) ? row.config(row.text(source, context)) : {};
  const project = { ...values('project'), profiles: { p: values('project profile') } };
  writeFileSync(join(cwd, '.relyablerc.json'), JSON.stringify(project));
  mkdirSync(context.paths.config, { recursive: true });
  const user = { ...values('user'), profiles: { p: values('user profile') } };
  const userFile = join(context.paths.config, 'config.json');
  writeFileSync(userFile, JSON.stringify(user));
  chmodSync(userFile, 0o600);
  if (row.variable !== undefined && from.includes('environment')) {
    env[row.variable] = row.text('environment', context);
  }
  return from.includes('option') ? { context, option: row.text('option', context) } : { context };
}

/** How the origin of a value from a source is named. */
function originOf(row: Row, source: Source, { cwd, paths }: Context): string | undefined {
  const project = `project config ${join(cwd, '.relyablerc.json')}`;
  const user = `user config ${join(paths.config, 'config.json')}`;
  switch (source) {
    case 'option':
      return row.option;
    case 'environment':
      return row.variable;
    case 'project profile':
      return `${project}, profile p`;
    case 'user profile':
      return `${user}, profile p`;
    case 'project':
      return project;
    case 'user':
      return user;
  }
}

describe.each(Object.entries(ROWS))('%s', (_, row) => {
  it.each(row.sources)('%s comes before all weaker sources', async (strongest) => {
    const from = row.sources.slice(row.sources.indexOf(strongest));
    const { context, option } = makeWorld(row, from);
    const layers = await loadConfig(context, { profile: 'p' }, () => undefined);
    const text = row.text(strongest, context);
    expect(await row.find(context, layers, option)).toMatchObject({
      value: row.value?.(text) ?? text,
      origin: originOf(row, strongest, context),
    });
  });

  it('has a default', async () => {
    const { context } = makeWorld(row, []);
    const layers = await loadConfig(context, { profile: 'p' }, () => undefined);
    expect(await row.find(context, layers, undefined)).toMatchObject(row.fallback(context));
  });
});

it('every setting has a row', () => {
  const rows = Object.keys(ROWS).map((name) => name.replace(/^(apiUrl|deliveriesPath)$/, 'api.$1'));
  expect(rows.map((name) => name.replace('apiUrl', 'url')).toSorted()).toEqual(
    [...SETTING_KEYS].toSorted(),
  );
});

it('config shows every setting, in the order of its keys', () => {
  expect(Object.keys(effectiveSettings(testContext(), []))).toEqual(SETTING_KEYS);
});

it('an empty variable counts as unset', () => {
  const context = testContext({ env: { RELYABLE_STORE: '' } });
  expect(storeSetting(context, [], undefined).origin).toBe(DEFAULT);
});
