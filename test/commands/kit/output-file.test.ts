import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareOutput } from '../../../src/commands/kit/output-file.ts';
import { temporaryFolder } from '../../support/cli.ts';

it('makes the folder of a report, and not yet the file', () => {
  const cwd = temporaryFolder();
  prepareOutput({ cwd }, 'reports/ci/junit.xml', '--junit');
  expect(existsSync(join(cwd, 'reports/ci'))).toBe(true);
  expect(existsSync(join(cwd, 'reports/ci/junit.xml'))).toBe(false);
});

it.runIf(process.platform === 'linux')('ends where the system makes no folders', () => {
  expect(() => prepareOutput({ cwd: '/' }, 'proc/relyable/x.xml', '--junit')).toThrow(
    '--junit proc/relyable/x.xml: ',
  );
});

it('leaves a file that is there as it is', () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'x'), 'before');
  prepareOutput({ cwd }, 'x', '--junit');
  expect(readFileSync(join(cwd, 'x'), 'utf8')).toBe('before');
});

it.skipIf(process.platform === 'win32')('does not wait for the reader of a pipe', () => {
  const cwd = temporaryFolder();
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  prepareOutput({ cwd }, 'pipe', '--junit');
  expect(lstatSync(join(cwd, 'pipe')).isFIFO()).toBe(true);
});

it('refuses what cannot be written', () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'folder'));
  writeFileSync(join(cwd, 'file'), '');
  expect(() => prepareOutput({ cwd }, 'folder', '--junit')).toThrow(
    '--junit folder: it is a folder, not a file',
  );
  expect(() => prepareOutput({ cwd }, 'file/x', '--badge')).toThrow(
    '--badge file/x: a part of the path is a file, not a folder',
  );
});
