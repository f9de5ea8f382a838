import type { Invocation } from '../../invocation.ts';
import { RelyableError } from '../../errors.ts';
import type { TriggerFlags } from './options.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import { createAsker } from '../kit/ask.ts';

const CHOICES = [...EVENT_TYPES, 'all'] as const;
const HINT = 'relyable webhooks trigger test_run.completed; --list shows their fields';

/** Asks which event to send; USAGE where nobody can be asked or nobody answers. */
export async function chooseEvent(
  invocation: Invocation<TriggerFlags>,
): Promise<EventType | 'all'> {
  const { terminal } = invocation;
  if (!terminal.mayPrompt) {
    throw new RelyableError('USAGE', `expected an event: ${CHOICES.join(', ')}`, { hint: HINT });
  }
  const list = CHOICES.map(
    (name, index) => `  ${terminal.errorStyle.bold(`${index + 1}`)}  ${name}`,
  );
  terminal.info(list.join('\n'));
  const find = (answer: string): EventType | 'all' | undefined =>
    CHOICES.find((name, index) => answer === name || answer === String(index + 1));
  const asker = createAsker(invocation, HINT);
  try {
    const answer = await asker.ask('Which event? Its number or name', '1', (text) =>
      find(text) === undefined ? `a number from 1 to ${CHOICES.length}, or a name` : undefined,
    );
    return find(answer) ?? 'all';
  } finally {
    asker.close();
  }
}
