import type { HandledRequest } from '../../pipeline/events.ts';
import type { Forward } from '../../request/capture.ts';
import { formatTime } from '../../terminal/format.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { describeAnswer, formatEventLine, type OutcomeCell } from '../kit/event-line.ts';
import { eventName } from '../../request/event-name.ts';

/** The parts of a delivery that its first line shows. */
export type DeliveryHead = Pick<
  HandledRequest,
  | 'id'
  | 'receivedAt'
  | 'event'
  | 'subjectId'
  | 'verification'
  | 'isFiltered'
  | 'isProbe'
  | 'source'
  | 'answered'
> & { readonly forward: Pick<Forward, 'status' | 'durationMs'> | null };

/**
 * `HH:MM:SS  → <status> <duration>  ✓|✗ signature  <event>  <subject id>  <cap id>`, in columns that fit the
 * terminal. The line of a probe is dim and names it.
 */
export function formatDeliveryHead(
  delivery: DeliveryHead,
  terminal: Pick<Terminal, 'style' | 'isUtc' | 'legible' | 'columns'>,
): string {
  const { id, event, subjectId, isProbe } = delivery;
  const cells = {
    time: formatTime(delivery.receivedAt, terminal.isUtc),
    outcome: outcomeOf(delivery),
    isValid: delivery.verification.valid,
    event: isProbe ? `probe: ${eventName(event)}` : event,
    subjectId,
    id,
    isDim: isProbe,
  };
  return formatEventLine(cells, terminal);
}

function outcomeOf({ forward, isFiltered, answered, source }: DeliveryHead): OutcomeCell {
  if (forward !== null) return describeAnswer(forward.status, forward.durationMs);
  return {
    text: isFiltered || source === 'log' ? 'not forwarded' : `answered ${answered.status}`,
    tone: 'plain',
  };
}
