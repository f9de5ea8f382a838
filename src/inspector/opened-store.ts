import type { Capture } from '../request/capture.ts';
import { type CaptureBrowser, openBrowser } from '../store/capture-browser.ts';
import type { CaptureReader } from '../store/captures.ts';
import { openReader } from '../store/writer.ts';
import { unknownCapture } from './actions.ts';
import { CaptureViews } from './capture-views.ts';

/** An open store, with the views of the page's queries. */
interface Opened {
  readonly reader: CaptureReader;
  readonly browser: CaptureBrowser;
  readonly views: CaptureViews;
}

/** The store behind the page, which may not exist when the inspector starts. */
export class OpenedStore {
  private readonly file: string;
  private opened: Opened | undefined;

  constructor(file: string) {
    this.file = file;
  }

  /** Undefined until something was stored. */
  open(): Opened | undefined {
    if (this.opened !== undefined) return this.opened;
    // The reader is opened first, because it completes what an older version left pending.
    const reader = openReader(this.file);
    const browser = reader === undefined ? undefined : openBrowser(this.file);
    if (reader === undefined || browser === undefined) return undefined;
    this.opened = { reader, browser, views: new CaptureViews(browser) };
    return this.opened;
  }

  /** Throws NOT_FOUND. */
  require(id: string): Capture {
    const capture = this.open()?.reader.get(id);
    if (capture === undefined) throw unknownCapture(id);
    return capture;
  }

  /** Differs from the last one after any commit. */
  version(): number {
    return this.open()?.browser.version() ?? 0;
  }

  close(): void {
    this.opened?.reader.close();
    this.opened?.browser.close();
    this.opened = undefined;
  }
}
