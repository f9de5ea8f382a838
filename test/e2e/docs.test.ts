import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, spawnCli, temporaryFolder } from '../support/cli.ts';
import { pages, runnableBlocks, startSession } from '../support/docs.ts';

const runnable = pages()
  .map((page) => [page, runnableBlocks(page)] as const)
  .filter(([, blocks]) => blocks.length > 0);

it('finds blocks to run', () => {
  expect(runnable.map(([page]) => page)).toContain('docs/troubleshooting.md');
});

it.skipIf(process.platform === 'win32').each(runnable)(
  '%s does what it says',
  async (page, blocks) => {
    const session = startSession();
    for (const block of blocks) {
      const { code, output } = await session.run(block);
      const expected = block.isBackground ? null : block.exitCode;
      expect(code, `${page}:${block.line}\n${block.script}\n${output}`).toBe(expected);
    }
  },
);

it.each(['README.md', 'docs/listen.md'])(
  '%s shows a cause in the words of the program',
  async (page) => {
    const cwd = temporaryFolder();
    const body = '{"event":"test_run.failed","data":{}}';
    writeFileSync(join(cwd, 'body.json'), body);
    const signature = `sha256=${createHmac('sha256', 's3cret').update(body).digest('hex')}`;
    const args = ['webhooks', 'verify', 'body.json', '--signature', signature, '--json'];
    const { stdout } = await spawnCli(args, { cwd, env: { RELYABLE_WEBHOOK_SECRET: 's3cret' } });
    const { reason, detail, fix } = JSON.parse(stdout.split('\n')[0] ?? '') as Record<
      string,
      string
    >;
    const text = readFileSync(join(ROOT, page), 'utf8');
    expect(text).toContain(`${detail} (${reason})\n`);
    expect(text).toContain(`fix: ${fix}\n`);
  },
);
