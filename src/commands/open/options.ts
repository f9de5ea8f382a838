import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** `relyable open`, as commander hands its options over. */
export interface OpenFlags {
  readonly print?: boolean;
}

export function defineOpen(command: Command): Command {
  command
    .description('open a page of the dashboard or the documentation in the browser')
    .argument('<page>', 'webhooks, api-keys, docs, run or agent')
    .argument('[id]', 'of the run or agent (default: that of the newest capture)')
    .option('--print', 'only print the address');
  return addHelpExtras(command, {
    examples: [
      ['relyable open webhooks', 'the dashboard, for Settings → Webhooks'],
      ['relyable open agent agent_abc123 --print', 'the address of that agent'],
      ['relyable open run agent_abc123/run_xyz789', 'a run that was never captured here'],
    ],
    exitCodes: [
      [0, 'opened, or printed where no browser can be opened'],
      [2, 'no such page, or an id that is not known here'],
    ],
  });
}
