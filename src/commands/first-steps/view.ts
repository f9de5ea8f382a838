import { basename } from 'node:path';
import { wrapParts } from '../../terminal/format.ts';
import type { View } from '../../terminal/terminal.ts';

/** A command to type, and what it does. */
type Step = readonly [command: string, does: string];

const TRIGGER = 'relyable webhooks trigger all';
const TRIGGERS = 'in another terminal: send it the four samples';
const VERIFY: Step = ['relyable webhooks verify', 'is each one genuine, and if not, why'];

const NEW_PROJECT: readonly Step[] = [
  ['relyable webhooks listen', 'receive, store and verify webhooks here'],
  [TRIGGER, TRIGGERS],
  VERIFY,
  ['relyable init', 'then set up this project: port and secret'],
];

const CONFIGURED_PROJECT: readonly Step[] = [
  ['relyable webhooks listen', 'receive webhooks and forward them to your app'],
  // Without a target they would go to the config's, which is the app itself.
  [`${TRIGGER} --to 4400`, TRIGGERS],
  VERIFY,
  ['relyable doctor', 'when something does not work'],
];

/** The first commands for a project; `configFile` is undefined where it has no config yet. */
export function firstStepsView(configFile: string | undefined): View {
  const steps = configFile === undefined ? NEW_PROJECT : CONFIGURED_PROJECT;
  return {
    text: ({ style, columns }) => {
      const heading =
        configFile === undefined ? 'First steps:' : `Set up by ${basename(configFile)}. Next:`;
      const width = Math.max(...steps.map(([command]) => command.length));
      return [
        style.bold(heading),
        ...steps.map(([command, does]) =>
          wrapParts([`  ${style.cyan(command.padEnd(width))}`, does], '      ', columns),
        ),
        style.dim('Everything else: relyable --help'),
      ].join('\n');
    },
    json: () => ({
      type: 'first_steps',
      v: 1,
      config: configFile ?? null,
      steps: steps.map(([command, does]) => ({ command, does })),
    }),
  };
}
