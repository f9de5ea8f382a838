import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportFromFile } from '../../src/config/env-file.ts';
import { temporaryFolder } from '../support/cli.ts';

it.skipIf(process.platform === 'win32')(
  'the printed command reads a file whose name has a space',
  () => {
    const file = join(temporaryFolder(), 'my app.env');
    writeFileSync(file, 'SECRET="a b"\n');
    const command = `${exportFromFile(file, 'SECRET', false)}; printf %s "$SECRET"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'a b', stderr: '' });
  },
);
