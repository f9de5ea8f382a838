import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigFile } from '../../src/config/read.ts';
import { configKeys } from '../../src/config/schema.ts';
import { temporaryFolder } from '../support/cli.ts';

/** What a config file may not have, and the sentence about it. */
const WRONG: ReadonlyArray<readonly [content: object, message: string]> = [
  [{ port: 'x' }, 'port: expected a port from 0 to 65535'],
  [{ port: 70_000 }, 'port: expected a port from 0 to 65535'],
  [{ forwardTo: true }, 'forwardTo: expected a URL or a port'],
  [{ host: 5 }, 'host: expected a text, got 5'],
  [{ events: 'all' }, 'events: expected a list, got a text'],
  [{ headers: { A: 1 } }, 'headers.A: expected a text, got 1'],
  [{ retryReading: 'both' }, 'retryReading: expected gaps or offsets, got another text'],
  [{ api: { url: 'ftp://x' } }, 'api.url: expected an http(s) URL'],
  [{ api: { deliveriesPath: 'x' } }, 'api.deliveriesPath: expected a text that starts with /'],
  [{ secretEnv: 'whsec_-' }, 'secretEnv: expected the name of an environment variable'],
  [{ secretEnv: 'whsec_abc' }, 'secretEnv: expected the name of an environment variable, got what'],
  [{ secretEnv: 'WHSEC_ABC' }, 'secretEnv: expected the name of an environment variable, got what'],
  [
    { knownSecretEnvs: ['a1'.repeat(16)] },
    'knownSecretEnvs.0: expected the name of an environment',
  ],
  [{ api: { keyEnv: 'rk_live_8f3k2j5h7g9d1s4a6p0q' } }, 'api.keyEnv: expected the name of an env'],
  [{ api_key: 'rk' }, 'api_key: expected the name of a variable, got a literal secret'],
  [
    { profiles: { ci: { 'webhook-secret': 's' } } },
    'profiles.ci.webhook-secret: expected the name',
  ],
  [{ prot: 1 }, 'unknown key "prot"'],
  [{ profiles: { ci: { port: -1 } } }, 'profiles.ci.port: expected a port from 0 to 65535'],
  [[], 'expected an object, got a list'],
  [{ timeout: 30 }, 'timeout: expected a text, got 30'],
  [{ maxBody: 10 }, 'maxBody: expected a text, got 10'],
  [{ store: [] }, 'store: expected a text, got a list'],
  [{ store: '' }, 'store: '],
  [{ knownSecretEnvs: 'A' }, 'knownSecretEnvs: expected a list, got a text'],
  [{ api: 'x' }, 'api: expected an object, got a text'],
  [{ api: { ulr: 'https://a.test' } }, 'unknown key "api.ulr"'],
  [{ profiles: [] }, 'profiles: expected an object, got a list'],
  [{ profiles: { ci: { profiles: {} } } }, 'unknown key "profiles.ci.profiles"'],
  [{ $schema: 1 }, '$schema: expected a text, got 1'],
];

it.each(WRONG)(
  '%j is refused in our words, without the value of a text',
  async (content, message) => {
    const file = join(temporaryFolder(), '.relyablerc.json');
    writeFileSync(file, JSON.stringify(content));
    const refused = await readConfigFile(file, 'project', 'linux').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(refused)).toContain(`${file}: ${message}`);
    expect(String(refused)).not.toContain('whsec_-');
  },
);

it('each key of a config file is refused with a wrong value', () => {
  const messages = WRONG.map(([, message]) => message);
  const missing = configKeys('project').filter((key) => !messages.some((it) => it.startsWith(key)));
  expect(missing).toEqual([]);
});

it.each([
  ['project', { apiKeys: 1 }, /apiKey\b/],
  ['project', { secrets: 1 }, /\bsecret\b/],
  ['project', { profiles: { ci: { profile: 1 } } }, /profiles\b(?!\.)/],
  ['user', { profiles: { ci: { apiKeys: 1 } } }, /apiKey\b|profiles\b(?!\.)/],
] as const)(
  'in a %s config, the hint for %j names no key that is refused there',
  async (kind, content, refusedKey) => {
    const file = join(temporaryFolder(), 'c.json');
    writeFileSync(file, JSON.stringify(content));
    const refused = await readConfigFile(file, kind, 'linux').catch((error: unknown) => error);
    const { hint } = refused as { hint: string };
    expect(hint).not.toMatch(refusedKey);
  },
);

it.each([
  ['UTF-8', Buffer.from('\ufeff{"port":4321}')],
  ['UTF-16', Buffer.from('\ufeff{"port":4321}', 'utf16le')],
])('a config in %s with a byte order mark is read', async (_, bytes) => {
  const file = join(temporaryFolder(), 'c.json');
  writeFileSync(file, bytes);
  expect(await readConfigFile(file, 'project', 'linux')).toEqual({ port: 4321 });
});
