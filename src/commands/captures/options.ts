import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions, addTlsOptions, collect } from '../kit/help.ts';

/** What every `relyable webhooks captures` command takes, as commander hands it over. */
export interface CapturesFlags {
  readonly store?: string;
}

export interface CapturesListFlags extends CapturesFlags {
  readonly event?: string;
  readonly invalid?: boolean;
  readonly failed?: boolean;
  readonly since?: string;
  readonly limit?: string;
}

export interface CapturesShowFlags extends CapturesFlags {
  readonly raw?: boolean;
}

export interface CapturesReplayFlags extends CapturesFlags {
  readonly to?: string;
  readonly resign?: boolean;
  readonly set?: readonly string[];
  readonly timeout?: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export interface CapturesExportFlags extends CapturesFlags {
  readonly all?: boolean;
  readonly format: string;
  readonly output?: string;
  readonly redact?: boolean;
}

export interface CapturesImportFlags extends CapturesFlags {
  readonly format?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export interface CapturesPruneFlags extends CapturesFlags {
  readonly olderThan?: string;
  readonly keep?: string;
}

/** The group: alone it is `list`. */
export function defineCaptures(command: Command): Command {
  command.description('requests that were received: list, show, replay, export, import, prune');
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures', 'the newest, as captures list'],
      ['relyable webhooks captures replay last', 'the newest again, to your app'],
    ],
    exitCodes: [
      [0, 'done'],
      [2, 'usage, or no such capture'],
    ],
  });
}

export function defineCapturesList(command: Command): Command {
  command
    .description('the newest captures, newest first')
    .option('--event <type>', 'only this event type')
    .option('--invalid', 'only those whose signature did not verify')
    .option('--failed', 'only those a forward of which was not answered 200')
    .option('--since <duration|iso>', 'only those received since, e.g. 2h or 2026-01-31T10:00Z')
    .option('--limit <n>', 'at most so many (default: 50)');
  addStoreOption(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures list', 'the newest 50'],
      ['relyable webhooks captures list --failed --since 2h', 'what your app did not accept'],
      ['relyable webhooks captures list --json --limit 1000', 'one JSON object per line'],
    ],
    exitCodes: [
      [0, 'listed, also when there are none'],
      [2, 'usage, or a store that cannot be read'],
    ],
  });
}

export function defineCapturesShow(command: Command): Command {
  command
    .description('one capture: its request, the verdict, every forward and replay')
    .argument('<id>', 'cap_…, or last')
    .option(
      '--raw',
      'write the exact request bytes to stdout and nothing else; a terminal gets escapes for what it would act on',
    );
  addStoreOption(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures show last', 'the newest'],
      ['relyable webhooks captures show last --raw > request.http', 'its bytes, to a file'],
    ],
    exitCodes: [
      [0, 'shown'],
      [2, 'no such capture'],
    ],
  });
}

export function defineCapturesReplay(command: Command): Command {
  command
    .description('send captures again: the same bytes and signature')
    .argument('<ids...>', 'cap_…, or last')
    .option(
      '--to <url>',
      'target, e.g. 3000/webhooks/relyable (default: config forwardTo, else where it went)',
    )
    .option('--resign', 'sign anew with the current secret')
    .option('--set <path=value>', 'change a field first; implies --resign (repeatable)', collect)
    .option('--timeout <duration>', 'for each, 0 for none (default: 30s)');
  addTlsOptions(command);
  addStoreOption(command);
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures replay last --to 3000/webhooks/relyable', 'the newest again'],
      [
        'relyable webhooks captures replay last --set data.score=12.5 --to 3000',
        'with another score, signed anew',
      ],
    ],
    exitCodes: [
      [0, 'every answer was 200'],
      [1, 'another answer'],
      [2, 'usage, or no such capture'],
      [4, 'no answer: refused, DNS, TLS, timeout'],
    ],
  });
}

export function defineCapturesExport(command: Command): Command {
  command
    .description('write captures as a file that others can read')
    .argument('[ids...]', 'cap_…, or last')
    .option('--all', 'everything in the store, oldest first')
    .option('--format <ndjson|http|har|curl|vitest|pytest>', 'what to write', 'ndjson')
    .option('-o, --output <file>', 'where to (default: stdout)')
    .option('--redact', 'replace personal content and sign with a test secret');
  addStoreOption(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures export --all -o captures.ndjson', 'a backup'],
      [
        'relyable webhooks captures export last --redact --format http -o fixture.http',
        'a fixture without what your callers said',
      ],
      [
        'relyable webhooks captures export --all --format vitest -o webhooks.test.js',
        'a test file that runs as it is',
      ],
    ],
    exitCodes: [
      [0, 'written'],
      [2, 'usage, or no such capture'],
    ],
  });
}

export function defineCapturesImport(command: Command): Command {
  command
    .description('keep captures of elsewhere: exports, raw HTTP, HAR')
    .argument('<files...>', 'files, folders, or - for stdin')
    .option('--format <http|har|ndjson>', 'what the files are (default: by their content)');
  addStoreOption(command);
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures import captures.ndjson', 'an export of a colleague'],
      ['relyable webhooks captures import recording.har', 'what a proxy recorded'],
    ],
    exitCodes: [
      [0, 'kept'],
      [2, 'a file cannot be read or holds no request'],
    ],
  });
}

export function defineCapturesPrune(command: Command): Command {
  command
    .description('remove old captures for good')
    .option('--older-than <duration>', 'those received longer ago, e.g. 30d')
    .option('--keep <n>', 'all but the newest n');
  addStoreOption(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures prune --older-than 30d', 'what is over a month old'],
      ['relyable webhooks captures prune --keep 1000', 'all but the newest thousand'],
    ],
    exitCodes: [
      [0, 'removed, also when there was nothing to remove'],
      [2, 'usage, or a store that cannot be written'],
    ],
  });
}

export function defineCapturesPath(command: Command): Command {
  command.description('where captures are kept');
  addStoreOption(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks captures path', "the store's file"],
      ['du -h "$(relyable webhooks captures path)"', 'how large it is'],
    ],
    exitCodes: [[0, 'printed']],
  });
}

function addStoreOption(command: Command): void {
  command.option('--store <file>', 'where captures are kept');
}
