import type { CaptureBrowser, CaptureQuery, CaptureSpan } from '../store/capture-browser.ts';

/** How many captures one step of a search reads. */
const CHUNK = 10_000;
/** A forward, a reason or an answer can be stored this many captures after its own. */
const RECHECKED = 1000;
/** Views that are kept: the page asks for one at a time. */
const KEPT_VIEWS = 8;

/** The captures of a query, in the order of the list. */
export interface ViewPart {
  /** The number of captures that are known. */
  readonly total: number;
  /** False while older captures still have to be read; ask again. */
  readonly isComplete: boolean;
  /** The wanted rows by `seq`, newest first. */
  readonly seqs: readonly number[];
}

/** Asks a view for its rows: `isLate` says when to answer with what is known. */
interface View {
  part(offset: number, limit: number, isLate: () => boolean): ViewPart;
}

/** Every capture: the store's index has their order, so nothing has to be searched or kept. */
class WholeView implements View {
  private readonly browser: CaptureBrowser;

  constructor(browser: CaptureBrowser) {
    this.browser = browser;
  }

  part(offset: number, limit: number): ViewPart {
    const { count } = this.browser.span();
    return { total: count, isComplete: true, seqs: this.browser.newest(offset, limit) };
  }
}

/** The positions of every capture that a query wants, found from the newest on and kept up to date. */
class CaptureView implements View {
  private readonly browser: CaptureBrowser;
  private readonly query: CaptureQuery;
  /** Ascending. */
  private seqs: number[] = [];
  /** Everything from here on has been read. */
  private lowest = Infinity;
  private known: CaptureSpan = { first: 0, last: 0, count: 0 };
  private lastForward = 0;
  private version = -1;

  constructor(browser: CaptureBrowser, query: CaptureQuery) {
    this.browser = browser;
    this.query = query;
  }

  part(offset: number, limit: number, isLate: () => boolean): ViewPart {
    this.update();
    const { first } = this.browser.span();
    while (this.lowest > first && !isLate()) this.readOlder(first);
    const end = this.seqs.length - offset;
    return {
      total: this.seqs.length,
      isComplete: this.lowest <= first,
      seqs: end <= 0 ? [] : this.seqs.slice(Math.max(0, end - limit), end).reverse(),
    };
  }

  /** Updates the positions with what other connections have committed since. */
  private update(): void {
    const version = this.browser.version();
    if (version === this.version) return;
    this.version = version;
    const before = this.known;
    const now = this.browser.span();
    // Numbers are given without gaps, so fewer captures than numbers means that some were removed.
    // Where the oldest is another, retention made room; the rest is as it was.
    const isIntact =
      now.last >= before.last &&
      (now.first > before.first || now.count === before.count + now.last - before.last);
    if (this.lowest === Infinity || !isIntact) this.restart(now.last);
    else {
      this.seqs.splice(0, this.indexOf(now.first));
      this.recheck(now.last);
    }
    this.known = now;
    this.lastForward = this.browser.lastForward();
  }

  private restart(last: number): void {
    this.seqs = [];
    this.lowest = last + 1;
  }

  private recheck(last: number): void {
    const from = Math.max(this.lowest, Math.min(this.known.last, last) - RECHECKED);
    for (const seq of this.browser.forwardedSince(this.lastForward, from)) {
      if (seq >= this.lowest) this.recheckOne(seq);
    }
    this.seqs.length = this.indexOf(from);
    for (const seq of this.browser.find(this.query, from, last)) this.seqs.push(seq);
  }

  private recheckOne(seq: number): void {
    const index = this.indexOf(seq);
    const isListed = this.seqs[index] === seq;
    const isWanted = this.browser.find(this.query, seq, seq).length > 0;
    if (isWanted !== isListed)
      this.seqs.splice(index, isListed ? 1 : 0, ...(isWanted ? [seq] : []));
  }

  private readOlder(first: number): void {
    const to = this.lowest - 1;
    const from = Math.max(first, to - CHUNK + 1);
    this.seqs = [...this.browser.find(this.query, from, to), ...this.seqs];
    this.lowest = from;
  }

  /** Where `seq` is or would be. */
  private indexOf(seq: number): number {
    let [low, high] = [0, this.seqs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.seqs[middle] ?? Infinity) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Views by query: turning a page or a new capture does not search the store again. */
export class CaptureViews {
  private readonly browser: CaptureBrowser;
  private readonly views = new Map<string, CaptureView>();

  constructor(browser: CaptureBrowser) {
    this.browser = browser;
  }

  of(query: CaptureQuery): View {
    if (Object.keys(query).length === 0) return new WholeView(this.browser);
    const key = JSON.stringify(query);
    const view = this.views.get(key) ?? new CaptureView(this.browser, query);
    this.views.delete(key);
    this.views.set(key, view);
    const [oldest] = this.views.keys();
    if (this.views.size > KEPT_VIEWS && oldest !== undefined) this.views.delete(oldest);
    return view;
  }

  /** Drops the views after captures were removed, because their positions are no longer right. */
  clear(): void {
    this.views.clear();
  }
}
