import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Cursor,
  cursorPath,
  CursorWriter,
  readCursor,
  writeCursor,
} from '../../../../src/commands/logs/pages/cursor.ts';
import { Tracker } from '../../../../src/commands/logs/pages/tracker.ts';
import { entriesOf, type LogEntry } from '../../../../src/relyable/log-entries.ts';
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

it('is named after the profile, or default', () => {
  expect(cursorPath('data', 'a/b')).toBe(join('data', 'tail-a%2Fb.json'));
  expect(cursorPath('data', undefined)).toBe(join('data', 'tail-default.json'));
});

it.each([
  ['not JSON', '{'],
  ['another version', JSON.stringify({ v: 2, ...CURSOR })],
  ['without a state', JSON.stringify({ v: 1, apiUrl: 'x' })],
  ['a time that is text', JSON.stringify({ v: 1, ...CURSOR, unshownFrom: 'now' })],
])('is refused: %s', (_, text) => {
  const file = join(temporaryFolder(), 'tail.json');
  writeFileSync(file, text);
  expect(() => readCursor(file)).toThrow(
    expect.objectContaining({
      code: 'INPUT_UNREADABLE',
      message: `--resume: ${file}: it is not the state of a tail`,
      hint: 'remove it and start fresh, with --since to go back in time',
    }),
  );
});

it('is refused where the file cannot be read', () => {
  const file = join(temporaryFolder(), 'tail.json');
  mkdirSync(file);
  expect(() => readCursor(file)).toThrow(/--resume: .*tail\.json: /);
});

describe('the writer', () => {
  const shownAt = (at: number): LogEntry => {
    const attempt = { attempt: 1, at, status: 200, responseBody: null, durationMs: 1, error: null };
    const delivery = {
      id: `dlv_${at}`,
      eventId: null,
      event: 'test_run.failed',
      endpoint: 'https://example.test/',
      state: 'delivered' as const,
      requestBody: null,
      requestHeaders: {},
      attempts: [attempt],
      nextRetryAt: null,
    };
    return entriesOf(delivery)[0]!;
  };

  function open(file = join(temporaryFolder(), 'data', 'tail.json')) {
    const warnings: string[] = [];
    const writer = new CursorWriter(file, 'https://api.test/api', 7, (it) => warnings.push(it));
    return { file, writer, tracker: new Tracker(), warnings };
  }

  it('saves at once, and then only what has changed', () => {
    const { file, writer, tracker } = open();
    writer.save(tracker);
    expect(readCursor(file)).toMatchObject({ apiUrl: 'https://api.test/api', unshownFrom: null });
    rmSync(file);
    writer.save(tracker);
    writer.caughtUp(tracker);
    expect(readCursor(file)).toBeUndefined();
    writer.shown(shownAt(5));
    writer.save(tracker);
    expect(readCursor(file)?.unshownFrom).toBe(5);
  });

  it('notes from when on attempts are still to be shown, until none is', () => {
    const { file, writer, tracker } = open();
    const [first, second] = [shownAt(5), shownAt(9)];
    for (const entry of [first, second]) {
      tracker.setStart(0, 0);
      tracker.shown(entry);
      writer.shown(entry);
    }
    writer.save(tracker);
    expect(readCursor(file)?.unshownFrom).toBe(9);
    expect(readCursor(file)?.state).toEqual(tracker.state());
    writer.shown(second);
    writer.caughtUp(tracker);
    expect(readCursor(file)?.unshownFrom).toBeNull();
  });

  it('warns once where it cannot write, and goes on', () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    const { writer, tracker, warnings } = open(join(folder, 'tail.json'));
    for (let i = 0; i < 3; i++) {
      writer.shown(shownAt(i));
      writer.save(tracker);
    }
    expect(warnings).toEqual([expect.stringMatching(/^--resume will not work: \S/)]);
  });
});
