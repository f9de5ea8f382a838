import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { emulateCommand } from '../../src/commands/emulate/options.ts';
import { inspectCommand } from '../../src/commands/inspect/options.ts';
import { listenCommand } from '../../src/commands/listen/options.ts';
import { logsTailCommand } from '../../src/commands/logs/options.ts';
import { checkCommand } from '../../src/commands/check/options.ts';
import { BLOCKED_PORTS } from '../../src/http/fetch-ports.ts';
import { parseOptions } from '../support/parse-options.ts';

it('blocks the ports that undici blocks', () => {
  const { badPorts } = createRequire(import.meta.url)('undici/lib/web/fetch/constants.js') as {
    badPorts: readonly string[];
  };
  expect([...BLOCKED_PORTS]).toEqual(badPorts.map(Number));
});

it.each<[(args: readonly string[]) => unknown, string, string]>([
  [(args) => parseOptions(emulateCommand, args), '--port', '6000'],
  [(args) => parseOptions(inspectCommand, args), '--port', '6667'],
  [(args) => parseOptions(listenCommand, args), '--inspect', '6000'],
  [(args) => parseOptions(listenCommand, args), '--public-url', 'https://example.com:6000/'],
  [(args) => parseOptions(checkCommand, args), '--state-url', '6000/state'],
  [(args) => parseOptions(logsTailCommand, args), '--api-url', 'http://127.0.0.1:6000/api'],
])('$1 $2 is refused', (parse, option, value) => {
  const port = /6\d+/.exec(value)?.[0] ?? '';
  expect(() => parse([option, value])).toThrow(
    `${option}: expected a port that browsers and fetch connect to, got ${port}`,
  );
});
