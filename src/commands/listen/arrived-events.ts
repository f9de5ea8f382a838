import { bodyIdentity } from '../../relyable/payload-summary.ts';
import type { NewCapture } from '../../request/capture.ts';
import type { CaptureReader } from '../../store/captures.ts';

/** Imported captures have the recorder's time, and clocks differ: captures this much older count too. */
const MARGIN_MS = 24 * 60 * 60_000;

/** The events that need not be caught up: those that this listener received, and those in the store. */
export class ArrivedEvents {
  private readonly ids = new Set<string>();
  private readonly since: number;
  private reader: Pick<CaptureReader, 'eventsAfter'> | undefined;
  private lastSeq = 0;

  /** Captures of the store count from `since` on, ms since 1970. */
  constructor(since: number) {
    this.since = since - MARGIN_MS;
  }

  /** Notes a capture of this listener, before it is stored. */
  add({ declaredEventId, body }: Pick<NewCapture, 'declaredEventId' | 'body'>): void {
    this.ids.add(declaredEventId ?? bodyIdentity(body));
  }

  /**
   * Reads the store; undefined where there is none yet. A capture that was cut off, neither answered nor
   * forwarded, does not count: the app may not have had it.
   */
  read(reader: Pick<CaptureReader, 'eventsAfter'> | undefined): void {
    this.reader = reader;
    for (const { seq, eventId, isHandled } of this.readNew()) {
      this.lastSeq = seq;
      if (isHandled) this.ids.add(eventId);
    }
  }

  /** Whether an event has arrived, also at another listener that shares the store. */
  has(eventId: string): boolean {
    for (const { seq, eventId } of this.readNew()) {
      this.lastSeq = seq;
      this.ids.add(eventId);
    }
    return this.ids.has(eventId);
  }

  private readNew(): ReturnType<CaptureReader['eventsAfter']> {
    return this.reader?.eventsAfter(this.lastSeq, this.since) ?? [];
  }
}
