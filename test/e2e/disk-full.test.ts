import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { spawnCli, startCli, temporaryFolder, temporaryHome } from '../support/cli.ts';

const SECRET = 'whsec_test_full';

/** A disk of 3 MB; undefined where this user may not mount one. */
function mountSmallDisk(): string | undefined {
  const folder = temporaryFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]);
  if (status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return folder;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('a full disk: what was answered 200 is shown while the disk is still full', async (context) => {
  const disk = mountSmallDisk();
  if (disk === undefined) return context.skip('mounting a tmpfs is not permitted here');
  const home = temporaryHome();
  const store = join(disk, 'captures.db');
  const env = { RELYABLE_WEBHOOK_SECRET: SECRET };
  const listener = startCli(['webhooks', 'listen', '--port', '0', '--json', '--store', store], {
    home,
    env,
  });
  const ready = await listener.nextLine((line) => line.includes('"type":"ready"'));
  const { url } = JSON.parse(ready) as { url: string };

  const acknowledged: string[] = [];
  let refusals = 0;
  // Small and large bodies: each kind meets the end of the disk at another point of a commit.
  for (let n = 0; refusals < 5; n++) {
    expect(n).toBeLessThan(2000);
    const text = 'x'.repeat(n % 3 === 0 ? 90_000 : 700);
    const body = Buffer.from(JSON.stringify({ event: 'test_run.completed', n, text }));
    const headers = { 'x-relyable-signature': signPayload(body, SECRET) };
    const { status } = await fetch(url, { method: 'POST', headers, body });
    if (status === 200) acknowledged.push(sha256(body));
    else {
      expect(status).toBe(503);
      refusals += 1;
    }
  }
  expect(acknowledged.length).toBeGreaterThan(10);

  const exported = await spawnCli(['webhooks', 'captures', 'export', '--all', '--store', store], {
    home,
  });
  expect(exported.code).toBe(0);
  const shown = new Set(
    exported.stdout
      .trim()
      .split('\n')
      .map((line) =>
        sha256(Buffer.from((JSON.parse(line) as { bodyBase64: string }).bodyBase64, 'base64')),
      ),
  );
  expect(acknowledged.filter((hash) => !shown.has(hash))).toEqual([]);

  listener.child.kill('SIGINT');
  expect((await listener.done).code).toBe(0);
}, 60_000);
