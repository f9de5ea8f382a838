import type { Delivery, ListenEvent } from '../../listen/events.ts';
import { isDelivered } from '../../webhook/retry.ts';
import type { Key } from './keys.ts';

/** A delivery as the live view remembers it: without its payload, which the store has. */
export type SeenDelivery = Omit<Delivery, 'readPayload'>;

/** Which deliveries are shown. */
export type Filter =
  | { readonly kind: 'all' | 'failures' | 'invalid' }
  | { readonly kind: 'event'; readonly event: string };

/** What the live view knows; changed only by `observe` and `press`. */
export interface LiveState {
  /** Where we listen; empty until we do. */
  readonly url: string;
  readonly target: string | null;
  readonly reach: 'unknown' | 'up' | 'down';
  readonly received: number;
  /** Signature missing or wrong. */
  readonly invalid: number;
  /** Passed on and not answered 200. */
  readonly failed: number;
  /** Oldest first, at most `MAX_RECENT`. */
  readonly recent: readonly SeenDelivery[];
  /** Event types that came, for the filter, at most `MAX_EVENT_TYPES`. */
  readonly eventTypes: readonly string[];
  readonly filter: Filter;
  readonly isPaused: boolean;
  /** Deliveries not printed since the filter or the pause began. */
  readonly hidden: number;
  /** Id of the delivery the keys act on; null: the last one. */
  readonly selected: string | null;
  readonly isHelpOpen: boolean;
  readonly isStopping: boolean;
  /** The answer to the last key, until the next one. */
  readonly notice: string | null;
}

/** What a key asks the world for. */
export type Action =
  | { readonly type: 'quit' | 'suspend' }
  | { readonly type: 'replay' | 'look' | 'open' | 'copy'; readonly id: string };

export const MAX_RECENT = 200;
const MAX_EVENT_TYPES = 20;

export const INITIAL_STATE: LiveState = {
  url: '',
  target: null,
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
  isStopping: false,
  notice: null,
};

/** The state after an event, and whether its lines are to be printed. */
export function observe(
  state: LiveState,
  event: ListenEvent,
): { readonly state: LiveState; readonly isShown: boolean } {
  switch (event.type) {
    case 'ready':
      return { state: { ...state, url: event.url, target: event.forwardTo }, isShown: true };
    case 'delivery':
      return observeDelivery(state, event);
    case 'refused':
    case 'summary':
      return { state, isShown: true };
  }
}

function observeDelivery(
  state: LiveState,
  delivery: Delivery,
): { readonly state: LiveState; readonly isShown: boolean } {
  const { readPayload: _, ...seen } = delivery;
  const { recent, eventTypes, selected } = state;
  const isShown = !state.isPaused && matches(seen, state.filter);
  const kept = [...(recent.length < MAX_RECENT ? recent : recent.slice(1)), seen];
  const isNewType =
    seen.event !== null && eventTypes.length < MAX_EVENT_TYPES && !eventTypes.includes(seen.event);
  // Whoever looks at the oldest one while it falls off goes on with the one after it.
  const isLost = selected !== null && kept.length === recent.length && recent[0]?.id === selected;
  return {
    isShown,
    state: {
      ...state,
      received: state.received + 1,
      invalid: state.invalid + (seen.verification.valid ? 0 : 1),
      failed: state.failed + (isForwardFailed(seen) ? 1 : 0),
      reach: reachAfter(seen, state.reach),
      recent: kept,
      eventTypes: isNewType && seen.event !== null ? [...eventTypes, seen.event] : eventTypes,
      hidden: state.hidden + (isShown ? 0 : 1),
      selected: isLost ? (kept[0]?.id ?? null) : selected,
    },
  };
}

function isForwardFailed({ forward }: SeenDelivery): boolean {
  return forward !== null && !isDelivered(forward.status);
}

/** An answer of whatever kind says more than a probe. */
function reachAfter({ forward }: SeenDelivery, before: LiveState['reach']): LiveState['reach'] {
  if (forward === null) return before;
  return forward.status === null ? 'down' : 'up';
}

export function matches(delivery: SeenDelivery, filter: Filter): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'failures':
      return !delivery.verification.valid || isForwardFailed(delivery);
    case 'invalid':
      return !delivery.verification.valid;
    case 'event':
      return delivery.event === filter.event;
  }
}

/** The deliveries that can be selected, oldest first. */
export function listed({ recent, filter }: LiveState): readonly SeenDelivery[] {
  return filter.kind === 'all' ? recent : recent.filter((seen) => matches(seen, filter));
}

/** The state after a key, and what it asks for. */
export function press(
  before: LiveState,
  key: Key,
): { readonly state: LiveState; readonly action: Action | null } {
  const state = before.notice === null ? before : { ...before, notice: null };
  switch (key) {
    case 'q':
    case 'interrupt':
      return { state: { ...state, isStopping: true }, action: { type: 'quit' } };
    case 'suspend':
      return { state, action: { type: 'suspend' } };
    case 'r':
      return act(state, 'replay');
    case 'enter':
      return act(state, 'look');
    case 'o':
      return act(state, 'open');
    case 'c':
      return act(state, 'copy');
    default:
      return { state: pressView(state, key), action: null };
  }
}

/** Keys that change only what is seen. */
function pressView(state: LiveState, key: Key): LiveState {
  switch (key) {
    case 'up':
      return select(state, -1);
    case 'down':
      return select(state, 1);
    case 'escape':
      return { ...state, selected: null, isHelpOpen: false };
    case '?':
      return { ...state, isHelpOpen: !state.isHelpOpen };
    case 'f':
      return { ...state, filter: nextFilter(state), selected: null, hidden: 0 };
    case 'p':
      return pause(state);
    default:
      return state;
  }
}

function act(
  state: LiveState,
  type: 'replay' | 'look' | 'open' | 'copy',
): { readonly state: LiveState; readonly action: Action | null } {
  const id = state.selected ?? listed(state).at(-1)?.id;
  if (id !== undefined) return { state, action: { type, id } };
  return { state: { ...state, notice: nothingListed(state) }, action: null };
}

function nothingListed({ recent }: LiveState): string {
  return recent.length === 0
    ? 'nothing has come yet'
    : 'nothing that the filter shows: f changes it';
}

/** Up from nothing is the newest; down from the newest is nothing. */
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
  const notice = state.hidden === 0 ? null : `${state.hidden} came while paused: ↑ looks at them`;
  return { ...state, isPaused: false, hidden: 0, notice };
}
