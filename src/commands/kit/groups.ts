import type { Command } from 'commander';
import { addHelpExtras } from './help.ts';

/** What stands below `relyable --help`. */
export function describeProgram(program: Command): Command {
  return addHelpExtras(program, {
    examples: [
      [
        'relyable webhooks listen --forward-to 3000/webhooks/relyable',
        'receive, keep, verify, pass on',
      ],
      ['relyable webhooks trigger all', 'in another terminal: the four samples, signed'],
      ['relyable webhooks verify', 'is each one genuine, and if not, why'],
      ['relyable doctor', 'when something does not work'],
    ],
    exitCodes: [
      [0, 'done, and the answer is yes'],
      [1, 'the answer is no'],
      [2, 'usage, configuration or unreadable input'],
      [3, 'not authenticated or not permitted'],
      [4, 'unreachable'],
      [5, 'waited long enough'],
      [70, 'a bug in relyable'],
      [130, 'stopped by Ctrl-C before a job that should end had ended (143: by SIGTERM)'],
    ],
  });
}

/** `relyable webhooks`, which holds the commands. */
export function describeWebhooks(group: Command): Command {
  group.alias('wh').description('receive, send, verify and inspect webhooks');
  return addHelpExtras(group, {
    examples: [
      [
        'relyable webhooks listen --forward-to 3000/webhooks/relyable',
        'pass events on to your app',
      ],
      ['relyable webhooks trigger test_run.completed --to 3000/webhooks/relyable', 'send it one'],
      ['relyable wh verify last', 'is the newest one genuine, and if not, why'],
    ],
    exitCodes: [
      [0, 'done, and the answer is yes'],
      [1, 'the answer is no: an invalid signature, another answer than 200'],
      [2, 'usage, configuration or unreadable input'],
      [4, 'unreachable, or the port is in use'],
    ],
  });
}
