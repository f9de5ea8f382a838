import { expect, it } from 'vitest';
import { readConfig } from '../../../src/commands/kit/invocation-config.ts';
import { openApi } from '../../../src/commands/kit/api.ts';
import { logsTailCommand } from '../../../src/commands/logs/options.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';
import { parseOptions } from '../../support/parse-options.ts';

it.each([
  [true, 1],
  [false, 3],
])('waits for the rate limit, and says so once: %s', async (tellsWaitsOnce, times) => {
  let said = '';
  let refusals = 3;
  const context = testContext({
    env: { RELYABLE_API_KEY: 'rk_test' },
    stderr: { write: (text) => (said += String(text)) !== '' },
    sleep: async () => undefined,
    fetch: async () => {
      refusals -= 1;
      return refusals < 0
        ? new Response('[]', { status: 200 })
        : new Response('{}', { status: 429, headers: { 'Retry-After': '20' } });
    },
  });
  const options = parseOptions(logsTailCommand, ['--api-url', 'http://127.0.0.1:4500/api']);
  const terminal = createTerminal(context, {});
  const invocation = { context, terminal, globals: {}, options, args: [] };
  const { client } = await openApi(invocation, await readConfig(invocation), { tellsWaitsOnce });
  expect((await client.listDeliveries({ page: 1, limit: 25 })).deliveries).toEqual([]);
  expect(said.match(/the rate limit is used up \(429\); waiting 2\d/g)).toHaveLength(times);
});
