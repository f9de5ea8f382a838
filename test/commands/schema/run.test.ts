import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { ROOT } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

it.each(EVENT_TYPES)('prints the schema of %s as its file has it', async (event) => {
  const file = readFileSync(join(ROOT, 'schemas', `${event}.json`), 'utf8');
  expect(await runCli(['webhooks', 'schema', event])).toEqual({
    code: 0,
    stdout: file,
    stderr: '',
  });
  const { stdout } = await runCli(['webhooks', 'schema', event, '--json']);
  expect(JSON.parse(stdout)).toEqual({ type: 'schema', v: 1, event, schema: JSON.parse(file) });
});

it('names the nearest event', async () => {
  const { code, stderr } = await runCli(['webhooks', 'schema', 'test_run.complete']);
  expect(code).toBe(2);
  expect(stderr).toContain('test_run.completed');
});
