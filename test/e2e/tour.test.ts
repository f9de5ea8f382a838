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
      expect(told.match(/attempt (\d) of 5 +(. \d+)/g)).toEqual([
        'attempt 1 of 5  ✗ 500',
        'attempt 2 of 5  ✗ 500',
        'attempt 3 of 5  ✓ 200',
      ]);
    }
    expect(stdout).toContain('All three agree');
  },
);
