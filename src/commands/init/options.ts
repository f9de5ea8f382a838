import { declareCommand } from '../kit/declare-command.ts';
import { flag, optionalValue, type OptionsOf, value } from '../kit/options.ts';
import { parsePublicUrl, parseTunnel, PROVIDER_NAMES } from '../../tunnel/choice.ts';
import {
  FRAMEWORK_NAMES,
  parseAppPort,
  parseEnvFile,
  parseFramework,
  parseHandlerPath,
  parseVariableName,
} from './answers.ts';

const options = {
  yes: flag('-y, --yes', 'ask nothing, take what is found'),
  framework: value(
    '--framework <name>',
    'e.g. express, next or flask (default: as the project says)',
    parseFramework,
    { words: FRAMEWORK_NAMES },
  ),
  port: value('--port <n>', 'port your app listens on (default: as found)', parseAppPort),
  path: value('--path <path>', "path of your app's handler (default: as found)", parseHandlerPath),
  // Not --env-file: Node 20 takes that option for itself anywhere before a `--`.
  dotenv: value(
    '--dotenv <file>',
    'where your app reads its variables (default: .env.local or .env)',
    parseEnvFile,
  ),
  handler: flag('--handler', 'also write a handler and a test of it'),
  tunnel: optionalValue(
    '--tunnel [provider]',
    'then wait for a first event of Relyable through a public address',
    (given, origin) => {
      parseTunnel(given, origin);
      return given;
    },
    'auto',
    { words: PROVIDER_NAMES },
  ),
  publicUrl: value(
    '--public-url <url>',
    'the same, through the https address that leads here',
    (given, origin) => parsePublicUrl(given, origin).href,
  ),
  secretEnv: value(
    '--secret-env <name>',
    'variable your app reads the signing secret from (default: as the config says, else RELYABLE_WEBHOOK_SECRET)',
    parseVariableName,
  ),
};

export type InitOptions = OptionsOf<typeof options>;

export const initCommand = declareCommand({
  description: 'set up this project: where your app receives webhooks, and its signing secret',
  options,
  examples: [
    ['relyable init', 'asks what it cannot find out'],
    ['relyable init --yes', 'no questions'],
    ['relyable init --port 3000 --path /hooks/relyable --dotenv .env', 'no guesses either'],
    ['relyable init --yes --tunnel', 'on to the first event from Relyable'],
  ],
  exitCodes: [
    [0, 'success'],
    [1, "the secret's line was not written, and why"],
    [2, 'usage, or a file that cannot be written'],
    [4, 'no public address (--tunnel, --public-url)'],
  ],
});
