import type { CaptureRow, CapturesDocument } from '../api-types.ts';
import { getJson } from './api.ts';
import { type Filters, toParameters } from './filters.ts';

/** The part of a list that is known. */
export interface CaptureList {
  readonly total: number;
  /** False while a search continues. */
  readonly isComplete: boolean;
  /** By position, 0 the newest. */
  readonly rows: ReadonlyMap<number, CaptureRow>;
}

export const EMPTY_LIST: CaptureList = { total: 0, isComplete: false, rows: new Map() };

/** How many rows are requested at a time: a tall screen and the rows just outside it. */
const WINDOW = 100;

/**
 * Reads the rows that are visible. A change of the store makes it read them again; the old rows
 * stay until the new ones are there.
 */
export class CaptureSource {
  private readonly filters: Filters;
  private readonly onList: (list: CaptureList) => void;
  private readonly onError: (error: unknown) => void;
  private list = EMPTY_LIST;
  private offset = 0;
  private isReading = false;
  private isWanted = false;
  private readonly closed = new AbortController();

  constructor(
    filters: Filters,
    onList: (list: CaptureList) => void,
    onError: (error: unknown) => void,
  ) {
    this.filters = filters;
    this.onList = onList;
    this.onError = onError;
  }

  /** Tells which rows are visible now. */
  show(first: number, count: number): void {
    this.offset = Math.max(0, Math.floor(first + count / 2 - WINDOW / 2));
    const last = Math.min(first + count, this.list.total) - 1;
    if (!this.list.rows.has(first) || (last >= 0 && !this.list.rows.has(last))) this.refresh();
  }

  /** Reads the visible rows again, after a change of the store or of the visible rows. */
  refresh(): void {
    this.isWanted = true;
    if (!this.isReading) void this.read();
  }

  close(): void {
    this.closed.abort();
  }

  private async read(): Promise<void> {
    this.isReading = true;
    try {
      while (this.isWanted && !this.closed.signal.aborted) {
        this.isWanted = false;
        await this.readWindow();
      }
    } catch (error) {
      if (!this.closed.signal.aborted) this.onError(error);
    } finally {
      this.isReading = false;
    }
  }

  private async readWindow(): Promise<void> {
    const { offset } = this;
    const parameters = toParameters(this.filters);
    parameters.set('offset', String(offset));
    parameters.set('limit', String(WINDOW));
    const { total, isComplete, captures } = await getJson<CapturesDocument>(
      `/api/captures?${parameters}`,
      this.closed.signal,
    );
    this.list = {
      total,
      isComplete,
      rows: new Map(captures.map((row, index) => [offset + index, row])),
    };
    if (!isComplete) this.isWanted = true;
    this.onList(this.list);
  }
}
