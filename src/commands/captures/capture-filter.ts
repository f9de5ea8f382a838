import type { Invocation } from '../../invocation.ts';
import type { CaptureFilter } from '../../store/captures.ts';
import { warnOfUnknownEvent } from '../kit/event-types.ts';
import type { CapturesListOptions } from './options.ts';

type FilterOptions = Pick<CapturesListOptions, 'event' | 'invalid' | 'failed' | 'since'>;

/** The filter that options name; warns of an event type that is not published. */
export function readFilter({
  context,
  terminal,
  options,
}: Invocation<FilterOptions>): CaptureFilter {
  const { event, invalid, failed, since } = options;
  warnOfUnknownEvent(terminal, event);
  return {
    ...(event === undefined ? {} : { event }),
    ...(since === undefined ? {} : { since: since(context.now()) }),
    ...(invalid ? { invalid } : {}),
    ...(failed ? { failed } : {}),
  };
}
