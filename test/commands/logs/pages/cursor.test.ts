import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Cursor,
  cursorPath,
  readCursor,
  writeCursor,
} from '../../../../src/commands/logs/pages/cursor.ts';
import { temporaryFolder } from '../../../support/cli.ts';

const CURSOR: Cursor = {
  apiUrl: 'https://api.test/api',
  unshownFrom: 5,
  state: {
    coveredFrom: 1,
    shownBefore: 2,
    seen: [['dlv_1', ['1 3'], 4, null, 6]],
  },
};

it('reads what was written, and no other process sees a part of it', () => {
  const file = cursorPath(join(temporaryFolder(), 'data'), undefined);
  writeCursor(file, CURSOR, 1);
  writeCursor(file, { ...CURSOR, unshownFrom: null }, 1);
  expect(readCursor(file)).toMatchObject({ ...CURSOR, unshownFrom: null });
  expect(readdirSync(dirname(file))).toHaveLength(1);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('is a file of its own for each profile', () => {
  const names = [undefined, 'ci', '../ci', 'CI'].map((profile) => cursorPath('/data', profile));
  expect(new Set(names).size).toBe(4);
  expect(names.every((name) => dirname(name) === '/data')).toBe(true);
});

it('is undefined before the first tail of a profile ended', () => {
  expect(readCursor(cursorPath(temporaryFolder(), 'ci'))).toBeUndefined();
});

it('has nothing left to show where it does not say so', () => {
  const file = join(temporaryFolder(), 'tail.json');
  const { unshownFrom: _, ...rest } = CURSOR;
  writeFileSync(file, JSON.stringify({ v: 1, ...rest }));
  expect(readCursor(file)?.unshownFrom).toBeNull();
});

it.each([
  ['not JSON', '{'],
  ['another version', JSON.stringify({ v: 2, ...CURSOR })],
  ['without a state', JSON.stringify({ v: 1, apiUrl: 'x' })],
  ['a time that is text', JSON.stringify({ v: 1, ...CURSOR, unshownFrom: 'now' })],
])('is refused: %s', (_, text) => {
  const file = join(temporaryFolder(), 'tail.json');
  writeFileSync(file, text);
  expect(() => readCursor(file)).toThrow(expect.objectContaining({ code: 'INPUT_UNREADABLE' }));
});

it('is refused where the file cannot be read', () => {
  const file = join(temporaryFolder(), 'tail.json');
  mkdirSync(file);
  expect(() => readCursor(file)).toThrow(/--resume: .*tail\.json: /);
});
