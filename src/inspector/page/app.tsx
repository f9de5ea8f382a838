import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ActivityDocument, StateDocument } from '../api-types.ts';
import { ActivityChart } from './activity-chart.tsx';
import { getJson } from './api.ts';
import { CaptureDetail } from './capture-detail.tsx';
import { CaptureListView } from './capture-list.tsx';
import { type CaptureList, CaptureSource, EMPTY_LIST } from './capture-source.ts';
import { type Connection, watchChanges } from './changes.ts';
import { FilterBar } from './filter-bar.tsx';
import { type Filters, isFiltered, toParameters } from './filters.ts';
import { HelpDialog } from './help-dialog.tsx';
import { PublicAddress } from './public-address.tsx';
import { SampleDialog } from './sample-dialog.tsx';
import { useKeys } from './use-keys.ts';
import { type Loaded, useLoaded } from './use-loaded.ts';
import { usePlace } from './use-place.ts';

/** How long a notice stays, ms. */
const NOTICE_MS = 8000;
/** How often the charts and the open capture are read again at most, ms; the list follows each change. */
const SLOW_CHANGE_MS = 1000;
const BUCKET_MS = 60_000;

/** The whole page: filters and charts above, the list, and the open capture beside it. */
export function App() {
  const [place, go] = usePlace();
  const [connection, setConnection] = useState<Connection>('connecting');
  const [revision, setRevision] = useState(0);
  const { list, show, problem, refresh } = useList(place.filters);
  const [cursor, setCursor] = useState(0);
  const [dialog, setDialog] = useState<'help' | 'sample' | null>(null);
  const [notice, setNotice] = useNotice();
  const [stateRevision, setStateRevision] = useState(0);
  const state = useServerState(stateRevision);
  useChanges({ refresh, setRevision, setStateRevision, setConnection });

  const open = useCallback((capture: string) => go({ capture }), [go]);
  const close = (): void => {
    go({ capture: null });
    document.getElementById('captures')?.focus();
  };
  useListKeys({ list, cursor, setCursor, capture: place.capture, go, close });
  useKeys({ '?': () => setDialog('help') });

  return (
    <div class={`page${place.capture === null ? '' : ' has-open'}`}>
      <TopBar
        connection={connection}
        count={describeCount(list, place.filters)}
        canSend={state.value !== undefined}
        onSample={() => setDialog('sample')}
        onHelp={() => setDialog('help')}
      />
      <PublicAddress address={state.value?.publicAddress ?? null} onNotice={setNotice} />
      <FilterBar
        filters={place.filters}
        state={state.value}
        onFilters={(filters) => {
          setCursor(0);
          go({ filters });
        }}
      />
      <main>
        <section class="left" aria-label="List">
          {list.isComplete && <Activity filters={place.filters} revision={revision} />}
          {problem !== undefined && <p class="bad problem">{problem}</p>}
          {list.total === 0 && list.isComplete ? (
            <NothingYet isFiltered={isFiltered(place.filters)} />
          ) : (
            <CaptureListView
              list={list}
              cursor={cursor}
              open={place.capture}
              onCursor={setCursor}
              onOpen={open}
              onVisible={show}
            />
          )}
        </section>
        <section class="right" aria-label="Capture">
          {place.capture === null || state.value === undefined ? (
            <p class="empty dim">Choose a capture, or press j and Enter. ? shows all keys.</p>
          ) : (
            <CaptureDetail
              id={place.capture}
              revision={revision}
              state={state.value}
              filters={place.filters}
              onOpen={open}
              onClose={close}
              onNotice={setNotice}
            />
          )}
        </section>
      </main>
      <p class="notice" role="status" aria-live="polite">
        {notice}
      </p>
      {dialog === 'help' && <HelpDialog onClose={() => setDialog(null)} />}
      {dialog === 'sample' && state.value !== undefined && (
        <SampleDialog state={state.value} onClose={() => setDialog(null)} onNotice={setNotice} />
      )}
    </div>
  );
}

function TopBar(props: {
  readonly connection: Connection;
  readonly count: string;
  readonly canSend: boolean;
  readonly onSample: () => void;
  readonly onHelp: () => void;
}) {
  const { connection, count, canSend, onSample, onHelp } = props;
  return (
    <header class="top">
      <h1>
        Relyable <span>inspector</span>
      </h1>
      <p class={`connection ${connection}`} role="status">
        {CONNECTIONS[connection]}
      </p>
      <p class="count">{count}</p>
      <button type="button" onClick={onSample} disabled={!canSend}>
        Send sample…
      </button>
      <button type="button" class="quiet" aria-label="Keys" onClick={onHelp}>
        ?
      </button>
    </header>
  );
}

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost, trying again',
};

function describeCount({ total, isComplete }: CaptureList, filters: Filters): string {
  const count = `${total.toLocaleString()}${isComplete ? '' : '+'}`;
  return `${count} ${isFiltered(filters) ? 'matching' : total === 1 ? 'capture' : 'captures'}`;
}

function NothingYet({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p class="empty dim">No capture matches.</p>;
  return (
    <div class="empty">
      <p>No captures yet.</p>
      <p class="dim">
        <code>relyable webhooks listen</code> receives some, and they appear here.
      </p>
    </div>
  );
}

function Activity({ filters, revision }: { readonly filters: Filters; readonly revision: number }) {
  const parameters = toParameters(filters);
  parameters.set('bucket', String(BUCKET_MS));
  const path = `/api/activity?${parameters}`;
  const activity = useLoaded(path, revision, (signal) => getJson<ActivityDocument>(path, signal));
  return activity.value === undefined ? null : <ActivityChart activity={activity.value} />;
}

/** The keys for moving in the list and acting on the open capture. */
function useListKeys(props: {
  readonly list: CaptureList;
  readonly cursor: number;
  readonly setCursor: (index: number) => void;
  readonly capture: string | null;
  readonly go: ReturnType<typeof usePlace>[1];
  readonly close: () => void;
}): void {
  const { list, cursor, setCursor, capture, go, close } = props;
  const move = (step: number) => (): void => {
    const next = Math.max(0, Math.min(list.total - 1, cursor + step));
    setCursor(next);
    const row = list.rows.get(next);
    if (capture !== null && row !== undefined) go({ capture: row.id }, false);
  };
  const press = (id: string) => (): void => document.getElementById(id)?.click();
  useKeys({
    j: move(1),
    ArrowDown: move(1),
    k: move(-1),
    ArrowUp: move(-1),
    Enter: () => {
      const row = list.rows.get(cursor);
      if (row !== undefined) go({ capture: row.id });
    },
    Escape: close,
    '/': () => document.getElementById('search')?.focus(),
    r: press('replay'),
    e: press('edit'),
    c: () => document.getElementById('copy')?.focus(),
  });
}

function useServerState(revision: number): Loaded<StateDocument> {
  return useLoaded('state', revision, (signal) => getJson('/api/state', signal));
}

interface ListState {
  readonly list: CaptureList;
  readonly problem: string | undefined;
  readonly show: (first: number, count: number) => void;
  readonly refresh: () => void;
}

/** The rows of these filters, read as they become visible. */
function useList(filters: Filters): ListState {
  const [list, setList] = useState<CaptureList>(EMPTY_LIST);
  const [problem, setProblem] = useState<string>();
  const source = useRef<CaptureSource>(undefined);
  useEffect(() => {
    setProblem(undefined);
    setList(EMPTY_LIST);
    const current = new CaptureSource(filters, setList, (error) =>
      setProblem((error as Error).message),
    );
    source.current = current;
    current.refresh();
    return () => current.close();
  }, [toParameters(filters).toString()]);
  return {
    list,
    problem,
    show: useCallback((first, count) => source.current?.show(first, count), []),
    refresh: useCallback(() => source.current?.refresh(), []),
  };
}

/** The list follows each change; what costs more to read, at most once a second. */
function useChanges(props: {
  readonly refresh: () => void;
  readonly setRevision: (next: (before: number) => number) => void;
  readonly setStateRevision: (next: (before: number) => number) => void;
  readonly setConnection: (connection: Connection) => void;
}): void {
  const { refresh, setRevision, setStateRevision, setConnection } = props;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onChange = (): void => {
      refresh();
      timer ??= setTimeout(() => {
        timer = undefined;
        setRevision((before) => before + 1);
      }, SLOW_CHANGE_MS);
    };
    const onState = (): void => setStateRevision((before) => before + 1);
    const stop = watchChanges(onChange, onState, setConnection);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}

function useNotice(): [string, (notice: string) => void] {
  const [notice, setNotice] = useState('');
  useEffect(() => {
    if (notice === '') return undefined;
    const timer = setTimeout(() => setNotice(''), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return [notice, setNotice];
}
