import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigFile } from '../../src/config/read.ts';
import { temporaryFolder } from '../support/cli.ts';

it.each([
  [{ port: 'x' }, 'port: expected a port from 0 to 65535'],
  [{ port: 70_000 }, 'port: expected a port from 0 to 65535'],
  [{ forwardTo: true }, 'forwardTo: expected a URL or a port'],
  [{ host: 5 }, 'host: expected a text, got 5'],
  [{ events: 'all' }, 'events: expected a list, got a text'],
  [{ headers: { A: 1 } }, 'headers.A: expected a text, got 1'],
  [{ retryReading: 'both' }, 'retryReading: expected gaps, offsets, got a text'],
  [{ api: { url: 'ftp://x' } }, 'api.url: expected an http(s) URL'],
  [{ api: { deliveriesPath: 'x' } }, 'api.deliveriesPath: expected a text that starts with /'],
  [{ secretEnv: 'whsec_-' }, 'secretEnv: expected the name of an environment variable'],
  [{ prot: 1 }, 'unknown key "prot"'],
  [{ profiles: { ci: { port: -1 } } }, 'profiles.ci.port: expected a port from 0 to 65535'],
  [[], 'expected an object, got a list'],
])('%j is refused in our words, without the value of a text', async (content, message) => {
  const file = join(temporaryFolder(), '.relyablerc.json');
  writeFileSync(file, JSON.stringify(content));
  const refused = await readConfigFile(file, 'project', 'linux').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(String(refused)).toContain(`${file}: ${message}`);
  expect(String(refused)).not.toContain('whsec_-');
});
