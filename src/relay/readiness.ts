import type { JetStreamManager } from '@nats-io/jetstream';
import { errorMessage, RelyableError } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { RelayEvent } from './relay-events.ts';
import { findStream, fullnessOf } from './stream.ts';
import { streamOf } from './subjects.ts';

/** How long a result is cached, so that frequent probes do not load the engine, ms. */
const CACHED_MS = 1000;

/** How long the relay is not ready after a request was answered 503, unless a later request is stored, ms. */
const REFUSED_MS = 10_000;

/**
 * Whether a relay can store a request now: the engine is reachable, the stream exists and is not full, and
 * the last request was stored. Only the last condition detects a full disk. It expires after `REFUSED_MS`, so
 * that another request can try.
 */
export class Readiness {
  private readonly engine: Engine;
  private readonly manager: JetStreamManager;
  private readonly team: string;
  private readonly elapsed: () => number;
  private checkedAt = -Infinity;
  private checked: Promise<string | null> = Promise.resolve(null);
  private refused: { readonly at: number; readonly reason: string } | null = null;

  constructor(engine: Engine, manager: JetStreamManager, team: string, elapsed: () => number) {
    this.engine = engine;
    this.manager = manager;
    this.team = team;
    this.elapsed = elapsed;
  }

  /** Why no request can be stored; null if the relay is ready. */
  problem(): Promise<string | null> {
    const now = this.elapsed();
    if (now - this.checkedAt >= CACHED_MS) [this.checkedAt, this.checked] = [now, this.check()];
    return this.checked;
  }

  /** Records whether requests are stored. */
  observe(event: RelayEvent): void {
    if (event.type === 'relayed') this.refused = null;
    if (event.type === 'refused' && event.status === 503) {
      this.refused = { at: this.elapsed(), reason: event.reason };
    }
  }

  private async check(): Promise<string | null> {
    if (!this.engine.isUp) return 'there is no connection to NATS';
    if (this.refused !== null && this.elapsed() - this.refused.at < REFUSED_MS) {
      return `a request was answered 503: ${this.refused.reason}`;
    }
    try {
      const stream = await findStream(this.manager, this.team);
      return stream === null ? `there is no stream ${streamOf(this.team)}` : fullnessOf(stream);
    } catch (error) {
      // A relay without the permission to read the stream's state can still publish.
      const isDenied = error instanceof RelyableError && error.code === 'NOT_PERMITTED';
      return isDenied ? null : errorMessage(error);
    }
  }
}
