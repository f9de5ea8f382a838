import type { Invocation } from '../../invocation.ts';
import type { CaptureFilter } from '../../store/captures.ts';
import { expandEventTypes, warnOfUnknownEvent } from '../kit/event-types.ts';
import type { CapturesListOptions } from './options.ts';

type FilterOptions = Pick<CapturesListOptions, 'event' | 'invalid' | 'failed' | 'since'>;

/** The filter that options name; warns of an event type that is not published. */
export function readFilter({
  context,
  terminal,
  options,
}: Invocation<FilterOptions>): CaptureFilter {
  const { event, invalid, failed, since } = options;
  const events = event === undefined ? undefined : expandEventTypes('--event', [event]);
  for (const type of events ?? []) warnOfUnknownEvent(terminal, type);
  return {
    ...(events === undefined ? {} : { events }),
    ...(since === undefined ? {} : { since: since(context.now()) }),
    ...(invalid ? { invalid } : {}),
    ...(failed ? { failed } : {}),
  };
}
