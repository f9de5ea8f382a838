import { Component } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CaptureRow } from '../api-types.ts';
import type { CaptureList } from './capture-source.ts';
import { formatMs, formatTime, markOf, safe, words } from './format.ts';
import { Outcome } from './outcome.tsx';

const ROW_HEIGHT = 58;
/** Rows above and below what is visible. */
const OVERSCAN = 8;
/** Browsers limit the height of an element to about 33 million pixels. */
const MAX_SHOWN = 500_000;

/** The list: only the visible rows are elements. */
export function CaptureListView(props: {
  readonly list: CaptureList;
  /** Position of the row that keys act on. */
  readonly cursor: number;
  readonly open: string | null;
  readonly onCursor: (index: number) => void;
  readonly onOpen: (id: string) => void;
  readonly onVisible: (first: number, count: number) => void;
}) {
  const { list, cursor, open, onCursor, onOpen, onVisible } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const total = Math.min(list.total, MAX_SHOWN);
  useResize(box, (height) => setView((before) => ({ ...before, height })));
  useAnchor(box, list.total);
  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT) - OVERSCAN);
  const count = Math.min(total - first, Math.ceil(view.height / ROW_HEIGHT) + 2 * OVERSCAN);
  useEffect(() => onVisible(first, Math.max(0, count)), [first, count, list]);
  useEffect(() => scrollTo(box.current, cursor), [cursor]);
  const choose = useCallback(
    (index: number, row: CaptureRow | undefined) => {
      onCursor(index);
      if (row !== undefined) onOpen(row.id);
    },
    [onCursor, onOpen],
  );
  const indexes = Array.from({ length: Math.max(0, count) }, (_, index) => first + index);
  return (
    <div
      ref={box}
      class="list"
      role="listbox"
      id="captures"
      aria-label="Captures, newest first"
      tabIndex={0}
      {...(list.rows.has(cursor) ? { 'aria-activedescendant': `row-${cursor}` } : {})}
      onScroll={({ currentTarget }) =>
        setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
      }
    >
      <div class="rows" role="presentation" style={{ height: `${total * ROW_HEIGHT}px` }}>
        {indexes.map((index) => {
          const row = list.rows.get(index);
          return (
            <ListRow
              key={index}
              index={index}
              row={row}
              total={total}
              isOpen={row !== undefined && row.id === open}
              isCursor={index === cursor}
              onChoose={choose}
            />
          );
        })}
      </div>
    </div>
  );
}

interface ListRowProps {
  readonly index: number;
  readonly row: CaptureRow | undefined;
  readonly total: number;
  readonly isOpen: boolean;
  readonly isCursor: boolean;
  readonly onChoose: (index: number, row: CaptureRow | undefined) => void;
}

/** A row of the list. It is rendered again only if its properties change, because scrolling keeps most rows. */
class ListRow extends Component<ListRowProps> {
  override shouldComponentUpdate(next: ListRowProps): boolean {
    const names = Object.keys(next) as Array<keyof ListRowProps>;
    return names.some((name) => next[name] !== this.props[name]);
  }

  override render({ index, row, total, isOpen, isCursor, onChoose }: ListRowProps) {
    return (
      <div
        id={`row-${index}`}
        role="option"
        aria-selected={isOpen}
        aria-posinset={index + 1}
        aria-setsize={total}
        class={`row${isCursor ? ' cursor' : ''}`}
        style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
        onClick={() => onChoose(index, row)}
      >
        {row === undefined ? <span class="waiting">loading…</span> : <Row row={row} />}
      </div>
    );
  }
}

function Row({ row }: { readonly row: CaptureRow }) {
  const { last } = row;
  const { tone, mark } = markOf(row);
  return (
    <>
      <span class="row-main">
        <span class="row-event">{safe(row.event ?? '(no event)')}</span>
        {row.duplicateOf !== null && <span class="tag">repeat</span>}
        {row.replays > 0 && <span class="tag">replayed</span>}
        <span class="row-time">{formatTime(row.receivedAt)}</span>
      </span>
      <span class="row-more">
        <span class={tone}>{`${mark} ${row.valid ? 'signed' : words(row.reason)}`}</span>
        <span class="row-subject">{safe(row.subjectId ?? '')}</span>
        {last === null ? (
          <span class="row-status dim">
            {row.answered === null ? 'not forwarded' : `answered ${row.answered}`}
          </span>
        ) : (
          <span class="row-status">
            <Outcome status={last.status} /> <span class="dim">{formatMs(last.durationMs)}</span>
          </span>
        )}
      </span>
    </>
  );
}

function useResize(
  box: { readonly current: HTMLElement | null },
  onHeight: (height: number) => void,
): void {
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const observer = new ResizeObserver(() => onHeight(current.clientHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
}

/** New captures are added above: a list that is scrolled down keeps showing the same rows. */
function useAnchor(box: { readonly current: HTMLElement | null }, total: number): void {
  const before = useRef(total);
  useLayoutEffect(() => {
    const added = total - before.current;
    before.current = total;
    const { current } = box;
    if (current !== null && added > 0 && added < total && current.scrollTop > ROW_HEIGHT) {
      current.scrollTop += added * ROW_HEIGHT;
    }
  }, [total]);
}

function scrollTo(box: HTMLElement | null, index: number): void {
  if (box === null || index < 0) return;
  const top = index * ROW_HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
  }
}
