import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  printfCommand,
  quoteCmdIfNeeded,
  quotePosix,
  quotePosixIfNeeded,
} from '../src/shell-quote.ts';

describe.skipIf(process.platform === 'win32')('a word for a POSIX shell', () => {
  it.each([
    ['quotes', `it's "so"`],
    ['expansions', '$HOME `id` $(id) !! * ~ \\'],
    ['a newline inside', 'a\nb'],
    ['a terminal escape', 'a\u001b[31mb'],
    ['a percent sign with a control character', '%s\u0001%%'],
    ['nothing', ''],
  ])('gives %s back', (_, word) => {
    const out = execFileSync('sh', ['-c', `printf %s ${quotePosix(word)}`]);
    expect(out.toString()).toBe(word);
  });

  it('gives bytes back that are not UTF-8', () => {
    const bytes = Buffer.from([0xff, 0x27, 0x5c, 0x80]);
    const out = execFileSync('sh', ['-c', `printf %s ${quotePosix(bytes)}`]);
    expect(out.equals(bytes)).toBe(true);
  });

  it('writes every byte with printf', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(execFileSync('sh', ['-c', printfCommand(bytes)]).equals(bytes)).toBe(true);
  });

  it('has quotes only where a shell needs them', () => {
    expect(quotePosixIfNeeded('/srv/app-1/store.db')).toBe('/srv/app-1/store.db');
    expect(quotePosixIfNeeded('/srv/my app')).toBe(`'/srv/my app'`);
    expect(quotePosixIfNeeded('')).toBe(`''`);
  });
});

it.each([
  ['npm', 'npm'],
  ['C:\\app\\server.js', 'C:\\app\\server.js'],
  ['two words', '"two words"'],
  ['say "hi" & more', '"say ""hi"" & more"'],
])('a word for cmd.exe: %s', (word, quoted) => {
  expect(quoteCmdIfNeeded(word)).toBe(quoted);
});
