import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { createAsker } from '../kit/ask.ts';
import { EVENT_NAMES, type EventName } from './options.ts';

const HINT = 'relyable webhooks trigger test_run.completed; --list shows their fields';

/** Asks which event to send; USAGE where there is no terminal to ask on, or no answer. */
export async function chooseEvent(invocation: Invocation<unknown>): Promise<EventName> {
  const { terminal } = invocation;
  if (!terminal.mayPrompt) {
    throw new RelyableError('USAGE', `expected an event: ${EVENT_NAMES.join(', ')}`, {
      hint: HINT,
    });
  }
  const list = EVENT_NAMES.map(
    (name, index) => `  ${terminal.errorStyle.bold(`${index + 1}`)}  ${name}`,
  );
  terminal.info(list.join('\n'));
  const find = (answer: string): EventName | undefined =>
    EVENT_NAMES.find((name, index) => answer === name || answer === String(index + 1));
  const asker = createAsker(invocation, HINT);
  try {
    const answer = await asker.ask('Which event? Its number or name', '1', (text) =>
      find(text) === undefined ? `a number from 1 to ${EVENT_NAMES.length}, or a name` : undefined,
    );
    return find(answer) ?? 'all';
  } finally {
    asker.close();
  }
}
