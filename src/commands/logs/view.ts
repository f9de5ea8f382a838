import { formatCount, formatDuration } from '../../terminal/format.ts';
import { safeText } from '../../terminal/safe-text.ts';
import type { TailEvent } from './pages/tail-events.ts';

/** What a tail says on stderr about its connection and progress. */
export function formatTailNote(
  event: Extract<TailEvent, { type: 'lost' | 'back' | 'catching_up' }>,
): string {
  switch (event.type) {
    case 'lost':
      return safeText(`${event.error.message}; retrying until it answers`);
    case 'back':
      return `the API answers again after ${formatDuration(event.afterMs)}`;
    case 'catching_up':
      return `catching up: ${formatCount(event.deliveries, 'delivery', 'deliveries')} so far`;
  }
}
