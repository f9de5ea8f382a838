import { didYouMean } from '../../did-you-mean.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { RelyableError } from '../../errors.ts';
import { EVENT_TYPES, isEventType } from '../../relyable/event-type.ts';

/**
 * The event types that a list of names stands for: `all` and `*` for every one (then the result is
 * undefined), `test_run.*` for the published ones that begin so. USAGE for a pattern of none.
 */
export function expandEventTypes(
  origin: string,
  names: readonly string[],
): readonly string[] | undefined {
  if (names.length === 0 || names.includes('all') || names.includes('*')) return undefined;
  return names.flatMap((name) => {
    if (!name.endsWith('*')) return [name];
    const matching = EVENT_TYPES.filter((type) => type.startsWith(name.slice(0, -1)));
    if (matching.length > 0) return matching;
    throw new RelyableError('USAGE', `${origin}: no event type begins as "${name}"`, {
      hint: `the types are ${EVENT_TYPES.join(', ')}`,
    });
  });
}

/** Warns of a type to filter by that is nearly a published one: nothing may match it. */
export function warnOfUnknownEvent(terminal: Pick<Terminal, 'warn'>, event?: string): void {
  if (event === undefined || isEventType(event)) return;
  const hint = didYouMean(event, EVENT_TYPES);
  if (hint === undefined) return;
  terminal.warn(`--event ${event}: not a published event type; ${hint}`);
}

/**
 * A misspelt event type is a USAGE error. Any other unknown type may be a new one of Relyable's:
 * a warning for each is returned.
 */
export function checkEventTypes(flag: string, names: readonly string[]): string[] {
  const unknown = names.filter((name) => !isEventType(name));
  for (const name of unknown) {
    const hint = didYouMean(name, EVENT_TYPES);
    if (hint === undefined) continue;
    throw new RelyableError('USAGE', `${flag}: unknown event type "${name}"`, { hint });
  }
  return unknown.map(
    (name) => `${flag}: ${name} is not a published event type (${EVENT_TYPES.join(', ')})`,
  );
}
