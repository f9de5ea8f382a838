import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions } from '../kit/help.ts';

/** `relyable webhooks verify`, as commander hands its options over. */
export interface VerifyFlags {
  readonly format?: string;
  readonly signature?: string;
  readonly junit?: string;
  readonly explain?: boolean;
  readonly framework?: string;
  readonly store?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export function defineVerify(command: Command): Command {
  command
    .description('say whether captured requests are genuine and, if not, why')
    .argument(
      '[inputs...]',
      'capture ids (cap_…, last), files, folders, or - for stdin (none: everything in the store)',
    )
    .option('--signature <hex>', 'the signature that came with the bare body given as input')
    .option('--format <http|har|ndjson|body>', 'what the input is (default: by its content)')
    .option('--explain', 'show the steps: bytes signed, the first byte that differs, fixed code')
    .option('--framework <name>', 'with --explain: code for this framework only')
    .option('--junit <file>', 'write a JUnit report there')
    .option('--store <file>', 'where captures are kept');
  addSecretOptions(command);
  return addHelpExtras(command, {
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
        'raw HTTP, HAR or exports, in files and folders, with a report for CI',
      ],
    ],
    exitCodes: [
      [0, 'every request is valid'],
      [1, 'at least one is not'],
      [2, 'an input cannot be read or holds no request'],
    ],
  });
}
