import { parseAge, parseSinceTime, parseWhole } from '../../config/values.ts';
import { parseOverride } from '../../json/overrides.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import { EXPORT_FORMATS } from '../../request/export/export-formats.ts';
import { INPUT_FORMATS } from '../../request/files/input.ts';
import { declareCommand, type OperandDeclaration } from '../kit/declare-command.ts';
import { choice, flag, list, type OptionsOf, text, value, withDefault } from '../kit/options.ts';
import { replayOptions } from '../kit/replay-options.ts';
import { apiOptions, secretOptions, storeOption } from '../kit/shared-options.ts';

/** Which captures to select: the options that `list` and `replay` share. */
const filterOptions = {
  event: text('--event <type>', 'only this event type; test_run.* for several', {
    words: EVENT_TYPES,
  }),
  invalid: flag('--invalid', 'only captures whose signature is not valid'),
  failed: flag(
    '--failed',
    'only captures your app has not answered with 200, by the newest attempt',
  ),
  since: value(
    '--since <duration|iso>',
    'only captures received since, e.g. 2h or 2026-01-31T10:00Z',
    parseSinceTime,
  ),
};

const listOptions = {
  ...filterOptions,
  limit: withDefault('--limit <n>', 'maximum number of captures', parseWhole(1, 1_000_000), '50'),
  store: storeOption,
};

const showOptions = {
  raw: flag(
    '--raw',
    'write the exact bytes of the request and nothing else; on a terminal, control characters are shown as escapes',
  ),
  store: storeOption,
};

const replayCapturesOptions = {
  ...filterOptions,
  all: flag('--all', 'every capture in the store'),
  set: list('--set <path=value>', 'change a field first; implies --resign', parseOverride),
  ...replayOptions,
};

const exportOptions = {
  all: flag('--all', 'everything in the store, oldest first'),
  format: choice('--format', EXPORT_FORMATS, 'what to write', 'ndjson'),
  output: text('-o, --output <file>', 'file to write (default: stdout)'),
  redact: flag('--redact', 'replace personal content and sign with a test secret'),
  damaged: flag('--damaged', 'also captures whose bytes changed in the store, as they are now'),
  store: storeOption,
};

const importOptions = {
  format: choice('--format', INPUT_FORMATS, 'what the files are (default: by their content)'),
  store: storeOption,
  ...secretOptions,
  ...apiOptions,
};

const pruneOptions = {
  olderThan: value(
    '--older-than <duration>',
    'captures received or imported longer ago than this, e.g. 30d',
    parseAge,
  ),
  keep: value('--keep <n>', 'all but the newest n', parseWhole(0, 1_000_000_000)),
  yes: flag('-y, --yes', 'do not ask'),
  dryRun: flag('--dry-run', 'say how many would be removed, and remove none'),
  store: storeOption,
};

const pathOptions = { store: storeOption };

export type CapturesListOptions = OptionsOf<typeof listOptions>;
export type CapturesShowOptions = OptionsOf<typeof showOptions>;
export type CapturesReplayOptions = OptionsOf<typeof replayCapturesOptions>;
export type CapturesExportOptions = OptionsOf<typeof exportOptions>;
export type CapturesImportOptions = OptionsOf<typeof importOptions>;
export type CapturesPruneOptions = OptionsOf<typeof pruneOptions>;
export type CapturesPathOptions = OptionsOf<typeof pathOptions>;

function captureOperand(name: string): OperandDeclaration {
  return { name, help: 'cap_…, or last', kind: 'captures' };
}

/** The group: alone it is `list`. */
export const capturesGroup = declareCommand({
  description: 'stored requests: list, show, replay, export, import, prune',
  options: {},
  examples: [
    ['relyable webhooks captures', 'the newest captures, as captures list'],
    ['relyable webhooks captures replay last', 'the newest capture again, to your app'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'usage, or unknown capture'],
  ],
});

export const capturesListCommand = declareCommand({
  description: 'the newest captures, newest first',
  options: listOptions,
  examples: [
    ['relyable webhooks captures list', 'the newest 50'],
    ['relyable webhooks captures list --failed --since 2h', 'what your app did not accept'],
    ['relyable webhooks captures list --json --limit 1000', 'one JSON object per line'],
  ],
  exitCodes: [
    [0, 'success, also with no matching captures'],
    [2, 'usage, or a store that cannot be read'],
  ],
});

export const capturesShowCommand = declareCommand({
  description: 'one capture: its request, the verdict, every forward and replay',
  operands: [captureOperand('<id>')],
  options: showOptions,
  examples: [
    ['relyable webhooks captures show last', 'the newest capture'],
    ['relyable webhooks captures show last --raw > request.http', 'its bytes, to a file'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'unknown capture'],
  ],
});

export const capturesReplayCommand = declareCommand({
  description: 'send captures again: the same bytes and signature; many are sent oldest first',
  operands: [
    {
      name: '[inputs...]',
      help: 'cap_…, last, delivery ids (dlv_… or delivery:<id>), files, or - for stdin',
      kind: 'captures-and-files',
    },
  ],
  options: replayCapturesOptions,
  examples: [
    ['relyable webhooks captures replay last --to 3000/webhooks/relyable', 'the newest again'],
    [
      'relyable webhooks captures replay last --set data.score=12.5 --to 3000',
      'with another score, signed again',
    ],
    [
      'relyable webhooks captures replay --failed --since 2h',
      'what your app has not accepted in the last two hours',
    ],
  ],
  exitCodes: [
    [0, 'every answer was 200'],
    [1, 'an answer other than 200'],
    [2, 'usage, unknown capture or delivery, or an input that cannot be read'],
    [3, 'a delivery id without an API key, or the API refused it'],
    [4, 'no answer: refused, DNS, TLS, timeout'],
  ],
});

export const capturesExportCommand = declareCommand({
  description: 'write captures to a file that other tools can read',
  operands: [captureOperand('[ids...]')],
  options: exportOptions,
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
    [0, 'success'],
    [1, 'a capture is damaged; the others are written'],
    [2, 'usage, or unknown capture'],
  ],
});

export const capturesImportCommand = declareCommand({
  description: 'store requests that this or another tool recorded, in every format of verify',
  operands: [
    {
      name: '<inputs...>',
      help: 'files, folders, - for stdin, or delivery ids (dlv_… or delivery:<id>)',
      kind: 'files',
    },
  ],
  options: importOptions,
  examples: [
    ['relyable webhooks captures import captures.ndjson', "a colleague's export"],
    ['relyable webhooks captures import recording.har', 'what a proxy recorded'],
    ['relyable webhooks captures import dlv_1a2b3c', "a delivery of the API's log"],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'a request cannot be read or stored (the others are), or there is none'],
    [3, 'a delivery id without an API key, or the API refused it'],
    [4, 'a delivery id, and the API cannot be reached'],
  ],
});

export const capturesPruneCommand = declareCommand({
  description: 'remove old captures for good',
  options: pruneOptions,
  examples: [
    ['relyable webhooks captures prune --older-than 30d --yes', 'captures older than a month'],
    [
      'relyable webhooks captures prune --keep 1000 --dry-run',
      'how many are not the newest thousand',
    ],
  ],
  exitCodes: [
    [0, 'success, also with nothing to remove'],
    [2, 'usage, or a store that cannot be written'],
  ],
});

export const capturesPathCommand = declareCommand({
  description: 'print where captures are stored',
  options: pathOptions,
  examples: [
    ['relyable webhooks captures path', "the store's file"],
    ['du -h "$(relyable webhooks captures path)"', 'how large it is'],
  ],
  exitCodes: [[0, 'success']],
});
