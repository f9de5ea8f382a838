import type { HandledRequest, ListenEvent } from '../../../pipeline/events.ts';
import { isDelivered } from '../../../relyable/retry.ts';
import type { DeliveryHead } from '../delivery-head.ts';
import type { Key } from './keys.ts';

/** The deliveries that are shown. */
export type Filter =
  | { readonly kind: 'all' | 'failures' | 'invalid' }
  | { readonly kind: 'event'; readonly event: string }
  /** `text` in lower case, in the event, the subject or the id. */
  | { readonly kind: 'search'; readonly text: string };

/** The state of the live view. */
export interface LiveState {
  /** The listener's URL; empty until it listens. */
  readonly url: string;
  readonly target: string | null;
  /** The public address that leads to the listener; null without one. */
  readonly publicUrl: string | null;
  /** Whether the app accepted the last forward or connection attempt. */
  readonly reach: 'unknown' | 'up' | 'down';
  readonly received: number;
  /** Deliveries whose signature is missing or not valid. */
  readonly invalid: number;
  /** Deliveries that were forwarded and not answered 200. */
  readonly failed: number;
  /** Oldest first, at most `MAX_RECENT`. Only what their first lines show; the store has the rest. */
  readonly recent: readonly DeliveryHead[];
  /** Event types received, for the filter, at most `MAX_EVENT_TYPES`. */
  readonly eventTypes: readonly string[];
  readonly filter: Filter;
  readonly isPaused: boolean;
  /** Deliveries not printed since the filter or the pause began. */
  readonly hidden: number;
  /** The id of the delivery that keys act on; null for the last one. */
  readonly selected: string | null;
  readonly isHelpOpen: boolean;
  /** Keys are the text of a search. */
  readonly isTyping: boolean;
  readonly isStopping: boolean;
  /** A message about the last key, until the next one. */
  readonly notice: string | null;
}

/** What a key asks for beyond a change of the state. */
export type Action =
  | { readonly type: 'quit' | 'suspend' }
  | { readonly type: 'inspect' }
  | { readonly type: 'copy-url' | 'open-url'; readonly url: string }
  | { readonly type: 'replay' | 'view' | 'open' | 'copy'; readonly id: string };

export const MAX_RECENT = 200;
/** Deliveries that a page key moves over. */
const PAGE = 5;
const MAX_EVENT_TYPES = 20;

export const INITIAL_STATE: LiveState = {
  url: '',
  target: null,
  publicUrl: null,
  reach: 'unknown',
  received: 0,
  invalid: 0,
  failed: 0,
  recent: [],
  eventTypes: [],
  filter: { kind: 'all' },
  isPaused: false,
  hidden: 0,
  selected: null,
  isHelpOpen: false,
  isTyping: false,
  isStopping: false,
  notice: null,
};

/** Whether an event's lines are printed now. */
export function isPrinted({ isPaused, filter }: LiveState, event: ListenEvent): boolean {
  return event.type !== 'delivery' || (!isPaused && matches(event, filter));
}

/** The state after these deliveries. It takes many at a time because each call copies the lists. */
export function observe(before: LiveState, deliveries: readonly DeliveryHead[]): LiveState {
  const state = {
    ...before,
    recent: [...before.recent, ...deliveries].slice(-MAX_RECENT),
    eventTypes: [...before.eventTypes],
  };
  for (const seen of deliveries) {
    const { event } = seen;
    state.received += 1;
    if (!seen.verification.valid) state.invalid += 1;
    if (isForwardFailed(seen)) state.failed += 1;
    if (seen.forward !== null) state.reach = seen.forward.status === null ? 'down' : 'up';
    if (before.isPaused || !matches(seen, before.filter)) state.hidden += 1;
    const isNewType = event !== null && !state.eventTypes.includes(event);
    if (isNewType && state.eventTypes.length < MAX_EVENT_TYPES) state.eventTypes.push(event);
  }
  // A selected delivery that drops out of the list is replaced by the oldest one left.
  const isLost =
    before.selected !== null &&
    isListed(before.recent, before.selected) &&
    !isListed(state.recent, before.selected);
  return isLost ? { ...state, selected: state.recent[0]?.id ?? null } : state;
}

function isListed(recent: readonly DeliveryHead[], id: string): boolean {
  return recent.some((delivery) => delivery.id === id);
}

/** The part of a delivery that the state holds. */
export function toHead(delivery: HandledRequest): DeliveryHead {
  const { forward } = delivery;
  return {
    id: delivery.id,
    receivedAt: delivery.receivedAt,
    source: delivery.source,
    event: delivery.event,
    subjectId: delivery.subjectId,
    verification: delivery.verification,
    isFiltered: delivery.isFiltered,
    isProbe: delivery.isProbe,
    answered: delivery.answered,
    forward: forward && { status: forward.status, durationMs: forward.durationMs },
  };
}

function isForwardFailed({ forward }: Pick<DeliveryHead, 'forward'>): boolean {
  return forward !== null && !isDelivered(forward.status);
}

export function matches(
  delivery: Pick<DeliveryHead, 'verification' | 'forward' | 'event' | 'subjectId' | 'id'>,
  filter: Filter,
): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'failures':
      return !delivery.verification.valid || isForwardFailed(delivery);
    case 'invalid':
      return !delivery.verification.valid;
    case 'event':
      return delivery.event === filter.event;
    case 'search': {
      const { event, subjectId, id } = delivery;
      return [event, subjectId, id].some((it) => it?.toLowerCase().includes(filter.text) === true);
    }
  }
}

/** The deliveries that can be selected, oldest first. */
export function listed({ recent, filter }: LiveState): readonly DeliveryHead[] {
  return filter.kind === 'all' ? recent : recent.filter((seen) => matches(seen, filter));
}

interface Pressed {
  readonly state: LiveState;
  readonly action: Action | null;
}

/** The state after a key, and the action that the key asks for. */
export function press(before: LiveState, key: Key): Pressed {
  const state = before.notice === null ? before : { ...before, notice: null };
  if (state.isTyping && key !== 'interrupt') return { state: type(state, key), action: null };
  switch (key) {
    case 'q':
    case 'interrupt':
      return { state: { ...state, isStopping: true }, action: { type: 'quit' } };
    case 'suspend':
      return { state, action: { type: 'suspend' } };
    case 'i':
      return { state, action: { type: 'inspect' } };
    case 'r':
      return act(state, 'replay');
    case 'enter':
      return act(state, 'view');
    case 'o':
      return onAddress(state, 'open-url', state.publicUrl) ?? act(state, 'open');
    case 'c':
      return onAddress(state, 'copy-url', state.publicUrl ?? state.target) ?? act(state, 'copy');
    case 'u':
      return (
        onAddress({ ...state, selected: null }, 'copy-url', state.target) ?? nothingToDo(state)
      );
    default:
      return { state: pressView(state, key), action: null };
  }
}

/** Keys that change only what is shown. */
function pressView(state: LiveState, key: Key): LiveState {
  switch (key) {
    case 'up':
    case 'k':
      return select(state, -1);
    case 'down':
    case 'j':
      return select(state, 1);
    case 'pageup':
      return selectAt(state, (at, rows) => (at === -1 ? rows : at) - PAGE);
    case 'pagedown':
      return selectAt(state, (at, rows) => (at === -1 ? rows : at) + PAGE);
    case 'home':
    case 'g':
      return selectAt(state, () => 0);
    case 'end':
    case 'G':
      return selectAt(state, (_, rows) => rows - 1);
    case 'escape':
      return leave(state);
    case '/':
      return {
        ...state,
        isTyping: true,
        selected: null,
        isHelpOpen: false,
        ...searchFor(state, ''),
      };
    case '?':
      return { ...state, isHelpOpen: !state.isHelpOpen };
    case 'f':
      return { ...state, ...filterBy(state, nextFilter(state)), selected: null };
    case 'p':
      return pause(state);
    default:
      return state;
  }
}

function act(state: LiveState, type: 'replay' | 'view' | 'open' | 'copy'): Pressed {
  const rows = listed(state);
  // The event itself, not the probes that followed it.
  const last = rows.findLast((seen) => !seen.isProbe) ?? rows.at(-1);
  const id = state.selected ?? last?.id;
  if (id !== undefined) return { state, action: { type, id } };
  return { state: { ...state, notice: nothingListed(state) }, action: null };
}

function nothingListed({ recent }: LiveState): string {
  return recent.length === 0
    ? 'nothing received yet'
    : 'no delivery matches the filter; Esc ends it';
}

/** Where no delivery is selected, a key acts on an address; null where there is none. */
function onAddress(
  state: LiveState,
  type: 'copy-url' | 'open-url',
  url: string | null,
): Pressed | null {
  if (state.selected !== null || url === null) return null;
  return { state, action: { type, url } };
}

function nothingToDo(state: LiveState): Pressed {
  const notice = 'there is no app: start with --forward-to';
  return { state: { ...state, notice }, action: null };
}

/** Escape ends one thing after the other: the help, the selection, the filter. */
function leave(state: LiveState): LiveState {
  if (state.isHelpOpen) return { ...state, isHelpOpen: false };
  if (state.selected !== null) return { ...state, selected: null };
  return { ...state, ...filterBy(state, { kind: 'all' }) };
}

/** The filter of a search: an empty one finds everything. */
function searchFor(state: LiveState, text: string): Filtered {
  return filterBy(state, text === '' ? { kind: 'all' } : { kind: 'search', text });
}

type Filtered = Pick<LiveState, 'filter' | 'hidden'>;

/** A filter, and how many of those received do not match; what comes while paused is counted on its own. */
function filterBy({ recent, isPaused }: LiveState, filter: Filter): Filtered {
  const others = recent.filter((seen) => !matches(seen, filter));
  return { filter, hidden: isPaused ? 0 : others.length };
}

/** A key of a search: what is typed filters at once, Enter keeps it, Escape ends it. */
function type(state: LiveState, key: Key): LiveState {
  const text = state.filter.kind === 'search' ? state.filter.text : '';
  if (key === 'enter') return { ...state, isTyping: false };
  if (key === 'escape') return { ...state, isTyping: false, ...searchFor(state, '') };
  if (key === 'backspace') {
    return text === ''
      ? { ...state, isTyping: false }
      : { ...state, ...searchFor(state, Array.from(text).slice(0, -1).join('')) };
  }
  // Keys with a name are longer than a character.
  return Array.from(key).length === 1
    ? { ...state, ...searchFor(state, `${text}${key.toLowerCase()}`) }
    : state;
}

/** Selects the row that `to` computes from the selected one (-1 for none), within the list. */
function selectAt(state: LiveState, to: (at: number, rows: number) => number): LiveState {
  const rows = listed(state);
  if (rows.length === 0) return { ...state, notice: nothingListed(state) };
  const at = rows.findIndex(({ id }) => id === state.selected);
  const next = Math.max(0, Math.min(to(at, rows.length), rows.length - 1));
  return { ...state, selected: rows[next]?.id ?? null, isHelpOpen: false };
}

/** Without a selection, up selects the newest; down from the newest clears the selection. */
function select(state: LiveState, step: -1 | 1): LiveState {
  const rows = listed(state);
  const at = rows.findIndex(({ id }) => id === state.selected);
  if (at === -1) {
    const newest = rows.at(-1)?.id ?? null;
    if (newest === null) return { ...state, notice: nothingListed(state) };
    return { ...state, selected: step === -1 ? newest : null, isHelpOpen: false };
  }
  return { ...state, selected: rows[Math.max(0, at + step)]?.id ?? null };
}

function nextFilter({ filter, eventTypes }: LiveState): Filter {
  switch (filter.kind) {
    case 'all':
      return { kind: 'failures' };
    case 'failures':
      return { kind: 'invalid' };
    case 'search':
      return { kind: 'failures' };
    case 'invalid':
    case 'event': {
      const at = filter.kind === 'event' ? eventTypes.indexOf(filter.event) : -1;
      const event = eventTypes[at + 1];
      return event === undefined ? { kind: 'all' } : { kind: 'event', event };
    }
  }
}

function pause(state: LiveState): LiveState {
  if (!state.isPaused) return { ...state, isPaused: true, hidden: 0 };
  const notice =
    state.hidden === 0 ? null : `${state.hidden} received while paused; press ↑ to view`;
  const resumed = { ...state, isPaused: false, notice };
  return { ...resumed, ...filterBy(resumed, state.filter) };
}
