import { Chalk } from 'chalk';
import type { HandledRequest } from '../../../../src/pipeline/events.ts';
import type { Key } from '../../../../src/commands/listen/live/keys.ts';
import { layout } from '../../../../src/commands/listen/live/layout.ts';
import {
  type Action,
  INITIAL_STATE,
  type LiveState,
  isPrinted,
  observe,
  toHead,
  press,
} from '../../../../src/commands/listen/live/state.ts';

const FORWARDED = {
  kind: 'forward',
  at: 0,
  url: 'http://localhost:3000/hook',
  durationMs: 12,
  error: null,
  responseHeaders: [],
  responseBody: Buffer.alloc(0),
  edited: false,
} as const;

/** The nth delivery of a listener, answered 200 unless said otherwise. */
export function delivery(
  n: number,
  changes: {
    event?: string;
    status?: number | null;
    isValid?: boolean;
    subjectId?: string;
    isProbe?: boolean;
  } = {},
): HandledRequest {
  const { event = 'test_run.completed', status = 200, isValid = true, subjectId } = changes;
  return {
    type: 'delivery',
    isResigned: false,
    id: `cap_${String(n).padStart(16, '0')}`,
    receivedAt: Date.UTC(2026, 0, 2, 10, 0, n),
    event,
    readEventId: () => `evt_${n}`,
    subjectId: subjectId ?? `run_${n}`,
    isJson: true,
    readPayload: () => ({ event }),
    bodyBytes: 10,
    duplicateOf: null,
    verification: {
      valid: isValid,
      reason: isValid ? 'ok' : 'signature_missing',
      reasons: [isValid ? 'ok' : 'signature_missing'],
      detail: isValid ? 'signed' : 'no header',
      fix: null,
      secretSource: null,
    },
    forward: isValid ? { ...FORWARDED, status } : null,
    source: 'http',
    client: null,
    isFiltered: false,
    isProbe: changes.isProbe ?? false,
    answered: { status: isValid ? (status ?? 502) : 401, complete: true },
    warnings: [],
  };
}

export interface LiveRun {
  readonly state: LiveState;
  /** Ids of the deliveries whose lines were printed. */
  readonly printed: readonly string[];
  readonly actions: readonly Action[];
}

/** Something that comes, or a key that is pressed. */
export type Step = HandledRequest | Key;

/** A view that listens on 4400 for an app on 3000, after these events and keys. */
export function live(...steps: readonly Step[]): LiveRun {
  let state: LiveState = {
    ...INITIAL_STATE,
    url: 'http://127.0.0.1:4400',
    target: 'http://localhost:3000/webhooks/relyable',
  };
  const printed: string[] = [];
  const actions: Action[] = [];
  for (const step of steps) {
    if (typeof step === 'string') {
      const pressed = press(state, step);
      state = pressed.state;
      if (pressed.action !== null) actions.push(pressed.action);
    } else {
      if (isPrinted(state, step)) printed.push(step.id);
      state = observe(state, [toHead(step)]);
    }
  }
  return { state, printed, actions };
}

/** The block of a state, as text without colours. */
export function screen(
  state: LiveState,
  size: { columns?: number; rows?: number; legible?: (text: string) => string } = {},
): string[] {
  const { columns = 80, rows = 24, legible = (text: string) => text } = size;
  return layout(state, { columns, rows, style: new Chalk({ level: 0 }), isUtc: true, legible });
}
