import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** `relyable init`, as commander hands its options over. */
export interface InitFlags {
  readonly yes?: boolean;
  readonly framework?: string;
  readonly port?: string;
  readonly path?: string;
  readonly dotenv?: string;
  readonly secretEnv?: string;
}

export function defineInit(command: Command): Command {
  command
    .description('set up this project: where your app receives webhooks, and its signing secret')
    .option('-y, --yes', 'ask nothing, take what is found')
    .option('--framework <name>', 'e.g. express, next or flask (default: as the project says)')
    .option('--port <n>', 'port your app listens on (default: as found)')
    .option('--path <path>', "path of your app's handler (default: as found)")
    // Not --env-file: Node 20 takes that for itself wherever it stands before a `--`.
    .option('--dotenv <file>', 'where your app reads its variables (default: .env.local or .env)')
    .option(
      '--secret-env <name>',
      'variable your app reads the signing secret from (default: as the config says, else RELYABLE_WEBHOOK_SECRET)',
    );
  return addHelpExtras(command, {
    examples: [
      ['relyable init', 'at most four questions'],
      ['relyable init --yes', 'no question'],
      ['relyable init --port 3000 --path /hooks/relyable --dotenv .env', 'no guess either'],
    ],
    exitCodes: [
      [0, 'set up'],
      [1, "the secret's line was not written, and why"],
      [2, 'usage, or a file that cannot be written'],
    ],
  });
}
