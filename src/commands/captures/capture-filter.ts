import { didYouMean } from '../../did-you-mean.ts';
import type { Invocation } from '../../invocation.ts';
import { EVENT_TYPES, isEventType } from '../../relyable/event-type.ts';
import type { CaptureFilter } from '../../store/captures.ts';
import type { CapturesListOptions } from './options.ts';

type FilterOptions = Pick<CapturesListOptions, 'event' | 'invalid' | 'failed' | 'since'>;

/** The filter that options name; warns of an event type that is not published. */
export function readFilter({
  context,
  terminal,
  options,
}: Invocation<FilterOptions>): CaptureFilter {
  const { event, invalid, failed, since } = options;
  const hint =
    event === undefined || isEventType(event) ? undefined : didYouMean(event, EVENT_TYPES);
  if (hint !== undefined) {
    terminal.warn(`--event ${event}: not a published event type; ${hint}`);
  }
  return {
    ...(event === undefined ? {} : { event }),
    ...(since === undefined ? {} : { since: since(context.now()) }),
    ...(invalid ? { invalid } : {}),
    ...(failed ? { failed } : {}),
  };
}
