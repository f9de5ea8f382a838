import type { ServerResponse } from 'node:http';
import { writeHead } from './answer.ts';

/** How often the store is asked for its version while a page is open, ms. */
const POLL_MS = 250;
/** After this number of polls a comment is sent, so that the connection does not look dead. */
const HEARTBEAT_POLLS = 60;

/**
 * Tells open pages that the store changed. An event says only which version there is now: the page
 * reads what it shows again, so a lost or repeated event changes nothing.
 */
export class ChangeStream {
  private readonly version: () => number;
  private readonly pages = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private last = -1;
  private polls = 0;

  constructor(version: () => number) {
    this.version = version;
  }

  open(response: ServerResponse): void {
    writeHead(response, 200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    this.pages.add(response);
    response.once('close', () => this.leave(response));
    response.write(toEvent(this.version()));
    this.timer ??= setInterval(() => this.poll(), POLL_MS);
  }

  /** Tells open pages to read the state again; it changes seldom, and is not in the store. */
  tellState(): void {
    for (const response of this.pages) response.write('event: state\ndata: {}\n\n');
  }

  close(): void {
    for (const response of this.pages) response.end();
    this.pages.clear();
    this.stopPolling();
  }

  private leave(response: ServerResponse): void {
    this.pages.delete(response);
    if (this.pages.size === 0) this.stopPolling();
  }

  private stopPolling(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private poll(): void {
    this.polls += 1;
    let text = this.polls % HEARTBEAT_POLLS === 0 ? ':\n\n' : '';
    try {
      const version = this.version();
      if (version !== this.last) text = toEvent(version);
      this.last = version;
    } catch {
      // The next request of the page reports why the store cannot be read.
    }
    if (text === '') return;
    for (const response of this.pages) {
      // A page that does not read can skip this event: the next one says the same.
      if (response.writableLength === 0) response.write(text);
    }
  }
}

function toEvent(version: number): string {
  return `event: changed\ndata: {"version":${version}}\n\n`;
}
