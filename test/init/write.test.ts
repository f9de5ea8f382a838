import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeConfig, writeEnvLine } from '../../src/init/write.ts';
import { temporaryFolder } from '../support/cli.ts';

const NAME = 'RELYABLE_WEBHOOK_SECRET';

it.each([
  ['nothing', undefined, `${NAME}=s\n`],
  ['an unfinished line', 'A=1', `A=1\n${NAME}=s\n`],
  ['Windows lines', 'A=1\r\n', `A=1\r\n${NAME}=s\r\n`],
  ['a comment about it', `# ${NAME}=x\n`, `# ${NAME}=x\n${NAME}=s\n`],
])('adds the line to %s', async (_, before, after) => {
  const folder = temporaryFolder();
  if (before !== undefined) writeFileSync(join(folder, '.env'), before);
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('written');
  expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(after);
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('kept');
});

it.each([`${NAME}=other\n`, `${NAME}=\n`, `export ${NAME}='other'\n`])(
  'never overwrites %j',
  async (before) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), before);
    expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('differs');
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(before);
  },
);

it('writes no secret where git would commit it', async () => {
  const folder = temporaryFolder();
  execFileSync('git', ['init', '-q'], { cwd: folder });
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('refused');
  expect(statSync(join(folder, '.env'), { throwIfNoEntry: false })).toBeUndefined();
  writeFileSync(join(folder, '.gitignore'), '.env*\n');
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('written');
});

it.skipIf(process.platform === 'win32')('makes an env file that only its owner reads', async () => {
  const folder = temporaryFolder();
  await writeEnvLine(folder, '.env', NAME, 's');
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
});

it('never touches a config that is there', () => {
  const file = join(temporaryFolder(), '.relyablerc.json');
  expect(writeConfig(file, { forwardTo: 'a' })).toBe('written');
  expect(writeConfig(file, { forwardTo: 'b' })).toBe('kept');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ forwardTo: 'a' });
});
