import { EVENT_TYPES } from '../../../relyable/event-type.ts';
import { WIRE_FORMATS } from '../../../relyable/wire-format.ts';
import type { CheckCase } from '../check-case.ts';
import { isSignatureRefusal, judgeGenuine } from '../judge.ts';

/** Every event in every wire format, because Relyable does not publish how it writes JSON. */
export const ACCEPTS: readonly CheckCase[] = EVENT_TYPES.flatMap((event) =>
  WIRE_FORMATS.map((wire): CheckCase => ({
    id: `accepts.${event}.${wire}`,
    section: 'accepts',
    severity: wire === 'compact' ? 'error' : 'warning',
    title: `accepts ${event}, written ${wire}`,
    requests: (make) => [make.genuine(event, { wire })],
    judge: (exchange, facts) =>
      judgeGenuine(exchange, facts, (status) =>
        wire === 'compact'
          ? 'event-refused'
          : isSignatureRefusal(status, facts)
            ? 'reserialised'
            : 'format-refused',
      ),
  })),
);
