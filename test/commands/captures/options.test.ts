import { describe, expect, it } from 'vitest';
import {
  capturesExportCommand,
  capturesImportCommand,
  capturesListCommand,
  capturesPathCommand,
  capturesPruneCommand,
  capturesReplayCommand,
  capturesShowCommand,
} from '../../../src/commands/captures/options.ts';
import type { DeclaredCommand } from '../../../src/commands/kit/declare-command.ts';
import { parseOptions } from '../../support/parse-options.ts';

describe('the options of captures', () => {
  it('have their defaults', () => {
    expect(parseOptions(capturesListCommand, [])).toEqual({
      invalid: false,
      failed: false,
      limit: 50,
    });
    expect(parseOptions(capturesShowCommand, ['last'])).toEqual({ raw: false });
    expect(parseOptions(capturesReplayCommand, ['last'])).toEqual({
      all: false,
      concurrency: 1,
      dryRun: false,
      failed: false,
      invalid: false,
      stopOnFailure: false,
      resign: false,
      set: [],
      insecure: false,
      secret: [],
      secretFile: [],
    });
    expect(parseOptions(capturesExportCommand, [])).toEqual({
      all: false,
      format: 'ndjson',
      redact: false,
      damaged: false,
    });
    expect(parseOptions(capturesImportCommand, ['a'])).toEqual({ secret: [], secretFile: [] });
    expect(parseOptions(capturesPruneCommand, [])).toEqual({ yes: false, dryRun: false });
    expect(parseOptions(capturesPathCommand, ['--store', 'a.db'])).toEqual({ store: 'a.db' });
  });

  it('are parsed', () => {
    const { since, ...rest } = parseOptions(capturesListCommand, [
      '--event=test_run.failed',
      '--invalid',
      '--failed',
      '--since=1h',
      '--limit=7',
    ]);
    expect(rest).toEqual({ event: 'test_run.failed', invalid: true, failed: true, limit: 7 });
    expect(since?.(3_600_000)).toBe(0);
    const args = ['last', '--to', '3000/hook', '--timeout', '0', '--set', 'a.b=1', '--set', 'c=x'];
    expect(parseOptions(capturesReplayCommand, args)).toMatchObject({
      to: { value: new URL('http://localhost:3000/hook'), text: '3000/hook' },
      timeout: { value: 0, text: '0' },
      set: [
        { path: ['a', 'b'], value: 1 },
        { path: ['c'], value: 'x' },
      ],
    });
    expect(
      parseOptions(capturesPruneCommand, ['--older-than', '90d', '--keep', '0', '-y']),
    ).toEqual({
      olderThan: 90 * 86_400_000,
      keep: 0,
      yes: true,
      dryRun: false,
    });
    expect(parseOptions(capturesExportCommand, ['--all', '-o', 'x', '--format', 'har'])).toEqual({
      all: true,
      output: 'x',
      format: 'har',
      redact: false,
      damaged: false,
    });
  });

  it.each([
    [capturesListCommand, ['--limit', '1', '--limit', '2'], '--limit is given twice'],
    [capturesListCommand, ['--limit', '0'], '--limit: expected a whole number from 1'],
    [capturesListCommand, ['--since', 'soon'], '--since: expected a duration'],
    [capturesReplayCommand, ['last', '--to', '1', '--to', '2'], '--to is given twice'],
    [capturesReplayCommand, ['last', '--set', 'x'], '--set: expected path=value'],
    [capturesExportCommand, ['--format', 'xml'], '--format: expected ndjson, http'],
    [capturesExportCommand, ['-o', 'a', '--output', 'b'], '--output is given twice'],
    [capturesImportCommand, ['a', '--format', 'hat'], '--format: expected http, har'],
    [capturesPruneCommand, ['--keep', '-1'], '--keep: expected a whole number from 0'],
  ])('refuse %#: %s', (command: DeclaredCommand<unknown>, args: string[], message: string) => {
    expect(() => parseOptions(command, args)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});
