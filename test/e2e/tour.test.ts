import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { cleanEnvironment, ROOT, temporaryFolder } from '../support/cli.ts';

it.skipIf(process.platform === 'win32')(
  'the tour shows the same ids in three terminals',
  async () => {
    const home = temporaryFolder();
    const { stdout } = await promisify(execFile)(join(ROOT, 'examples/tour.sh'), {
      env: cleanEnvironment(home),
      cwd: home,
    });
    const [, emulate = '', listen = '', tail = ''] = stdout.split(/^== \w+ ==$/m);
    for (const told of [emulate, listen, tail]) {
      expect(told).toContain('not yet (1)');
      expect(told).toContain('not yet (2)');
    }
    for (const told of [emulate, tail]) {
      expect(Array.from(told.matchAll(/(. \d{3}) .*(\d\/5)/g), ([, ...seen]) => seen)).toEqual([
        ['✗ 500', '1/5'],
        ['✗ 500', '2/5'],
        ['✓ 200', '3/5'],
      ]);
    }
    expect(stdout).toContain('All three agree');
  },
);
