import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeConfig, writeEnvLine } from '../../../src/commands/init/write.ts';
import { temporaryFolder } from '../../support/cli.ts';

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

it.each([
  [`${NAME}=other\n`, 'differs'],
  [`export ${NAME}='other'\n`, 'differs'],
  [`\ufeff${NAME}=other\n`, 'differs'],
  [`${NAME}=\n`, 'empty'],
])('never overwrites %j', async (before, outcome) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), before);
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe(outcome);
  expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(before);
});

it('leaves a file in UTF-16 alone', async () => {
  const folder = temporaryFolder();
  const before = Buffer.from('\ufeffA=1\r\n', 'utf16le');
  writeFileSync(join(folder, '.env'), before);
  await expect(writeEnvLine(folder, '.env', NAME, 's')).rejects.toThrow('expected UTF-8');
  expect(readFileSync(join(folder, '.env'))).toEqual(before);
});

it('writes no secret where git would commit it', async () => {
  const folder = temporaryFolder();
  execFileSync('git', ['init', '-q'], { cwd: folder });
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('refused');
  expect(statSync(join(folder, '.env'), { throwIfNoEntry: false })).toBeUndefined();
  writeFileSync(join(folder, '.gitignore'), '.env*\n');
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('written');
});

it.skipIf(process.platform === 'win32')('looks where a link leads to', async () => {
  const folder = temporaryFolder();
  execFileSync('git', ['init', '-q'], { cwd: folder });
  writeFileSync(join(folder, '.gitignore'), '.env\nprivate/\n');
  symlinkSync('settings.env', join(folder, '.env'));
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('refused');
  mkdirSync(join(folder, 'private'));
  symlinkSync('private', join(folder, 'linked'));
  expect(await writeEnvLine(folder, 'linked/.env', NAME, 's')).toBe('written');
  expect(readFileSync(join(folder, 'private', '.env'), 'utf8')).toBe(`${NAME}=s\n`);
});

it('writes nothing into a file that git has', async () => {
  const folder = temporaryFolder();
  execFileSync('git', ['init', '-q'], { cwd: folder });
  writeFileSync(join(folder, '.env'), 'A=1\n');
  execFileSync('git', ['add', '.env'], { cwd: folder });
  writeFileSync(join(folder, '.gitignore'), '.env\n');
  expect(await writeEnvLine(folder, '.env', NAME, 's')).toBe('tracked');
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
