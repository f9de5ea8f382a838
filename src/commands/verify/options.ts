import { parseOneOf } from '../../config/values.ts';
import { INPUT_FORMATS } from '../../request/files/input.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { choice, flag, type OptionsOf, text, value } from '../kit/options.ts';
import { RECIPE_NAMES } from '../kit/recipe-names.ts';
import { apiOptions, secretOptions, storeOption } from '../kit/shared-options.ts';

const options = {
  signature: text('--signature <hex>', 'the signature that came with the bare body given as input'),
  format: choice('--format', INPUT_FORMATS, 'what the input is (default: by its content)'),
  explain: flag('--explain', 'show the steps: bytes signed, first byte that differs, fixed code'),
  framework: value(
    '--framework <name>',
    'with --explain: code for this framework only',
    parseOneOf(RECIPE_NAMES),
    { words: RECIPE_NAMES },
  ),
  junit: text('--junit <file>', 'write a JUnit report to this file'),
  store: storeOption,
  ...secretOptions,
  ...apiOptions,
};

export type VerifyOptions = OptionsOf<typeof options>;

export const verifyCommand = declareCommand({
  description: 'tell whether captured requests are genuine and, if not, why',
  operands: [
    {
      name: '[inputs...]',
      help: 'capture ids (cap_…, last), delivery ids (dlv_… or delivery:<id>), files, folders, or - for stdin (none: the whole store)',
      kind: 'captures-and-files',
    },
  ],
  options,
  rules: [{ option: 'framework', needsOneOf: ['explain'] }],
  examples: [
    ['relyable webhooks verify last', 'the newest capture; without it: everything in the store'],
    [
      'relyable webhooks verify body.json --signature "$SIGNATURE"',
      'a body saved elsewhere, with the X-Relyable-Signature it came with',
    ],
    [
      'relyable webhooks verify last --explain --framework express',
      'the proof byte by byte, and code that receives webhooks correctly',
    ],
    [
      'relyable webhooks verify requests.http recordings/ --junit report.xml',
      'recordings in files and folders, with a report for CI',
    ],
  ],
  exitCodes: [
    [0, 'every request is valid'],
    [1, 'at least one is not'],
    [
      2,
      'an input cannot be read (the others are judged) or holds no request, or a delivery cannot be judged: no signature recorded',
    ],
    [3, 'a delivery id without an API key, or the API refused it'],
    [4, 'a delivery id, and the API cannot be reached'],
  ],
});
