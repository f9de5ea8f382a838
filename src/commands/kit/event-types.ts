import { didYouMean } from '../../did-you-mean.ts';
import { RelyableError } from '../../errors.ts';
import { EVENT_TYPES, isEventType } from '../../relyable/event-type.ts';

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
