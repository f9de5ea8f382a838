import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { takeDailyNote } from '../../../src/commands/kit/daily-note.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { testContext } from '../../support/context.ts';

const HOUR_MS = 60 * 60 * 1000;
const tty = { write: () => true, isTTY: true };

it('is due once a day on a terminal, each note for itself', () => {
  let now = Date.parse('2026-01-31T10:00:00Z');
  const context = testContext({ stderr: tty, now: () => now });
  expect(takeDailyNote(context, 'a')).toBe(true);
  now += 23 * HOUR_MS;
  expect(takeDailyNote(context, 'a')).toBe(false);
  expect(takeDailyNote(context, 'b')).toBe(true);
  now += HOUR_MS;
  expect(takeDailyNote(context, 'a')).toBe(true);
});

it('is always due off a terminal', () => {
  const context = testContext();
  expect([takeDailyNote(context, 'a'), takeDailyNote(context, 'a')]).toEqual([true, true]);
});

it('is due where the cache folder cannot be written', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { paths } = testContext();
  const context = testContext({ stderr: tty, paths: { ...paths, cache: join(file, 'cache') } });
  expect([takeDailyNote(context, 'a'), takeDailyNote(context, 'a')]).toEqual([true, true]);
});
