import { declareCommand } from '../kit/declare-command.ts';
import { flag, type OptionsOf } from '../kit/options.ts';

/** What can be opened. */
export const PAGES = ['webhooks', 'api-keys', 'docs', 'run', 'agent'] as const;

export type PageName = (typeof PAGES)[number];

const options = {
  print: flag('--print', 'only print the address'),
};

export type OpenOptions = OptionsOf<typeof options>;

export const openCommand = declareCommand({
  description: 'open a page of the dashboard or the documentation in the browser',
  operands: [
    { name: '<page>', help: 'webhooks, api-keys, docs, run or agent', words: PAGES },
    { name: '[id]', help: 'of the run or agent (default: the one in the newest capture)' },
  ],
  options,
  examples: [
    ['relyable open webhooks', 'the dashboard, for Settings → Webhooks'],
    ['relyable open agent agent_abc123 --print', 'the address of that agent'],
    ['relyable open run agent_abc123/run_xyz789', 'a run that was never captured here'],
  ],
  exitCodes: [
    [0, 'opened, or printed where no browser can be opened'],
    [2, 'unknown page, or an id that no capture names'],
  ],
});
