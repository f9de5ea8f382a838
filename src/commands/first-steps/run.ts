import { basename } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { findProjectConfig } from '../../config/load.ts';

type Step = readonly [command: string, does: string];

const RECEIVE: Step = ['relyable webhooks listen', 'receive, keep and verify webhooks here'];
const SEND = 'relyable webhooks trigger all';
const SENDS = 'in another terminal: send it the four samples';
const VERIFY: Step = ['relyable webhooks verify', 'is each one genuine, and if not, why'];

const NEW_PROJECT: readonly Step[] = [
  RECEIVE,
  [SEND, SENDS],
  VERIFY,
  ['relyable init', 'then set up this project: port and secret'],
];

const SET_UP_PROJECT: readonly Step[] = [
  ['relyable webhooks listen', 'receive webhooks and pass them to your app'],
  // The config names the app, so they would go straight to it.
  [`${SEND} --to 4400`, SENDS],
  VERIFY,
  ['relyable doctor', 'when something does not work'],
];

/** What one would do first, said when `relyable` is typed alone. */
export async function run({ context, terminal, globals }: Invocation<unknown>): Promise<number> {
  const file = findProjectConfig(
    context,
    globals.config === undefined ? {} : { config: globals.config },
  );
  const steps = file === undefined ? NEW_PROJECT : SET_UP_PROJECT;
  if (terminal.isJson) {
    terminal.json({
      type: 'first_steps',
      v: 1,
      config: file ?? null,
      steps: steps.map(([command, does]) => ({ command, does })),
    });
    return 0;
  }
  const width = Math.max(...steps.map(([command]) => command.length));
  const { style } = terminal;
  const heading = file === undefined ? 'First steps:' : `Set up by ${basename(file)}. Next:`;
  terminal.data(
    [
      style.bold(heading),
      ...steps.map(([command, does]) => `  ${style.cyan(command.padEnd(width))}  ${does}`),
      style.dim('Everything else: relyable --help'),
    ].join('\n'),
  );
  return 0;
}
