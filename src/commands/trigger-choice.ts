import { createInterface } from 'node:readline';
import type { Invocation } from '../cli.ts';
import { RelyableError } from '../errors.ts';
import type { TriggerFlags } from '../flags/trigger.ts';
import { EVENT_TYPES, type EventType } from '../webhook/event-type.ts';

const CHOICES = [...EVENT_TYPES, 'all'] as const;

/** Asks which event to send; USAGE where nobody can be asked or nobody answers. */
export async function chooseEvent({
  context,
  terminal,
}: Invocation<TriggerFlags>): Promise<EventType | 'all'> {
  if (!terminal.mayPrompt) throw noEvent();
  const { bold, dim } = terminal.errorStyle;
  const list = CHOICES.map((name, index) => `  ${bold(String(index + 1))}  ${name}`);
  terminal.info(['Which event?', ...list].join('\n'));
  const lines = createInterface({ input: context.stdin });
  const onAbort = (): void => lines.close();
  context.interrupt.addEventListener('abort', onAbort, { once: true });
  const ask = (): void => void context.stderr.write(`${dim(`1–${CHOICES.length} or a name:`)} `);
  try {
    ask();
    for await (const line of lines) {
      const answer = line.trim();
      const chosen = CHOICES.find((name, index) => answer === name || answer === String(index + 1));
      if (chosen !== undefined) return chosen;
      ask();
    }
  } finally {
    lines.close();
    context.interrupt.removeEventListener('abort', onAbort);
  }
  context.interrupt.throwIfAborted();
  throw noEvent();
}

function noEvent(): RelyableError {
  return new RelyableError('USAGE', `expected an event: ${CHOICES.join(', ')}`, {
    hint: 'relyable webhooks trigger test_run.completed; --list shows their fields',
  });
}
