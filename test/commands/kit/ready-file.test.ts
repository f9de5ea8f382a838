import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareReadyFile, writeReadyFile } from '../../../src/commands/kit/ready-file.ts';
import { temporaryFolder } from '../../support/cli.ts';

const URL_LINE = 'http://127.0.0.1:4000\n';

describe('before the server is ready', () => {
  it('its folder is made, and not the file', () => {
    const cwd = temporaryFolder();
    prepareReadyFile({ cwd }, 'run/listener.url');
    expect(readdirSync(join(cwd, 'run'))).toEqual([]);
  });

  it('the file of a killed run is removed', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ready'), URL_LINE);
    prepareReadyFile({ cwd }, 'ready');
    expect(existsSync(join(cwd, 'ready'))).toBe(false);
  });

  it.each(['', 'notes\n', 'http://127.0.0.1:4000', `${URL_LINE}more\n`])(
    'a file with %j stays',
    (content) => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'ready'), content);
      prepareReadyFile({ cwd }, 'ready');
      expect(readFileSync(join(cwd, 'ready'), 'utf8')).toBe(content);
    },
  );

  it('what cannot be written is refused', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(join(cwd, 'file'), '');
    expect(() => prepareReadyFile({ cwd }, 'folder')).toThrow(
      '--ready-file folder: it is a folder, not a file',
    );
    expect(() => prepareReadyFile({ cwd }, 'file/x')).toThrow(
      '--ready-file file/x: a part of the path is a file, not a folder',
    );
  });

  it.skipIf(process.platform === 'win32')('a pipe without a reader is not waited for', () => {
    const cwd = temporaryFolder();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    prepareReadyFile({ cwd }, 'pipe');
    expect(lstatSync(join(cwd, 'pipe')).isFIFO()).toBe(true);
  });
});

describe('once the server is ready', () => {
  it('the file has its URL until it ends', () => {
    const cwd = temporaryFolder();
    const remove = writeReadyFile(cwd, 'ready', 'http://127.0.0.1:4000');
    expect(readdirSync(cwd)).toEqual(['ready']);
    expect(readFileSync(join(cwd, 'ready'), 'utf8')).toBe(URL_LINE);
    remove();
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('a link is written through, and stays', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'target'), 'before\n');
    symlinkSync('target', join(cwd, 'ready'));
    writeReadyFile(cwd, 'ready', 'http://127.0.0.1:4000')();
    expect(lstatSync(join(cwd, 'ready')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(cwd, 'target'), 'utf8')).toBe(URL_LINE);
  });
});
