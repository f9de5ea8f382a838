import { expect, it } from 'vitest';
import { spawnCli, startCli } from '../support/cli.ts';

/** UTC+14 all year: never the hour of UTC. */
const env = { TZ: 'Pacific/Kiritimati' };

it.each([
  [['--utc'], /^\d\d:\d\d:\d\dZ {2}answered 200 .*test_run\.failed/],
  [[], /^\d\d:\d\d:\d\d {2}answered 200 .*test_run\.failed/],
])('listen %j shows times so', async (flags, line) => {
  const listener = startCli(['webhooks', 'listen', '--port', '0', ...flags], { env });
  const banner = await listener.nextErrorLine((text) => text.includes('http://'));
  const url = /http:\S+/.exec(banner)?.[0] ?? '';
  const startedAt = new Date();
  const { home } = listener;
  const sent = await spawnCli(['webhooks', 'trigger', 'test_run.failed', '--to', url], { home });
  expect(sent.code, sent.stderr).toBe(0);
  const shown = await listener.nextLine((text) => text.includes('test_run.failed'));
  expect(shown).toMatch(line);
  const hours = [startedAt, new Date()].map(
    (date) => (date.getUTCHours() + (flags.length > 0 ? 0 : 14)) % 24,
  );
  expect(hours).toContain(Number(shown.slice(0, 2)));
});
