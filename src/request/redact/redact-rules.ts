import { type EventType, isEventType } from '../../relyable/event-type.ts';
import type { JsonToken } from './rewrite-json.ts';

/** What a field holds, which decides its replacement. `keep`: nothing about a customer. */
type Content = 'keep' | 'id' | 'name' | 'url' | 'text';

type Fields = ReadonlyMap<string, Content>;

const FRAME: Fields = new Map<string, Content>([
  ['timestamp', 'keep'],
  ['id', 'id'],
  ['event_id', 'id'],
]);

/** The string fields of each event's `data`, by what they hold; numbers of these events stay. */
const DATA: Readonly<Record<EventType, Fields>> = {
  'test_run.completed': fields({
    test_run_id: 'id',
    agent_id: 'id',
    agent_name: 'name',
    scenarios_tested: 'id',
    view_url: 'url',
  }),
  'test_run.failed': fields({ test_run_id: 'id', agent_id: 'id', error: 'text' }),
  'agent.score_dropped': fields({
    agent_id: 'id',
    agent_name: 'name',
    period: 'keep',
    view_url: 'url',
  }),
  'test_case.critical_failure': fields({
    test_case_id: 'id',
    test_case_name: 'name',
    agent_id: 'id',
    call_id: 'id',
    failure_reason: 'text',
    call_recording_url: 'url',
    transcript: 'text',
  }),
};

/** A map, because a payload may have a key `constructor`. */
function fields(contents: Readonly<Record<string, Content>>): Fields {
  return new Map(Object.entries(contents));
}

/** Published numbers, which do not identify anyone. */
const NUMBERS: ReadonlySet<string> = new Set([
  'score',
  'previous_score',
  'current_score',
  'threshold',
  'drop_percentage',
  'total_calls',
  'passed_test_cases',
  'failed_test_cases',
  'calls_completed',
  'calls_failed',
  'duration_seconds',
]);

const REDACTED = 'redacted';
const REDACTED_URL = 'https://example.com/redacted';
/** A number reserved for fiction. */
const REDACTED_PHONE = '+12025550100';
const REDACTED_NUMBER = '5550100';

/** Replaces tokens of payloads; one for an export, so that equal ids stay equal. */
export interface PayloadRedactor {
  /** The new JSON of a token in a payload of this event; null where it stays. */
  replace(event: string | null, token: JsonToken): string | null;
}

/** `onReplaced` is called with what was replaced, e.g. `data.agent_name`. */
export function createPayloadRedactor(onReplaced: (what: string) => void): PayloadRedactor {
  /** By kind, so that each is counted from 1. */
  const idsByKind = new Map<string, Map<string, string>>();
  const keys = new Map<string, string>();

  const replaceId = (field: string, value: string): string => {
    const kind = field === 'scenarios_tested' ? 'scenario' : field.replace(/_?id$/, '') || 'event';
    // The result of an earlier redaction stays, so that a second one changes nothing.
    if (new RegExp(`^${kind}_redacted_\\d+$`).test(value)) return value;
    const ids = idsByKind.get(kind) ?? new Map<string, string>();
    idsByKind.set(kind, ids);
    const made = ids.get(value) ?? `${kind}_redacted_${ids.size + 1}`;
    ids.set(value, made);
    return made;
  };

  const replaceKey = (value: string): string => {
    if (isFieldName(value) || /^redacted_key_\d+$/.test(value)) return value;
    const known = keys.get(value) ?? `redacted_key_${keys.size + 1}`;
    keys.set(value, known);
    return known;
  };

  const replaceString = (event: string | null, path: readonly string[], value: string): string => {
    const field = path.at(-1) ?? '';
    if (path.length === 1 && field === 'event') return redactEvent(value);
    const content = contentOf(event, path) ?? guessContent(value);
    if (value === '') return value;
    switch (content) {
      case 'keep':
        return isPlainWord(value) || isTime(value) ? value : REDACTED;
      case 'id':
        return replaceId(field, value);
      case 'url':
        return REDACTED_URL;
      case 'phone':
        return REDACTED_PHONE;
      case 'name':
      case 'text':
        return REDACTED;
    }
  };

  return {
    replace: (event, { kind, path, value }) => {
      const made =
        kind === 'key'
          ? replaceKey(value)
          : kind === 'string'
            ? replaceString(event, path, value)
            : redactNumber(path, value);
      if (made === value) return null;
      onReplaced(kind === 'key' ? 'keys that are not field names' : describePath(path));
      return kind === 'number' ? made : JSON.stringify(made);
    },
  };
}

/** A published type stays. */
export function redactEvent(event: string): string {
  return isEventType(event) ? event : `unknown.${REDACTED}`;
}

function contentOf(event: string | null, path: readonly string[]): Content | undefined {
  const [first = '', second = ''] = path;
  if (path.length === 1) return FRAME.get(first);
  if (path.length === 2 && second === 'event_id') return 'id';
  return path.length === 2 && first === 'data' && isEventType(event)
    ? DATA[event].get(second)
    : undefined;
}

/** For fields that are not published. */
function guessContent(value: string): Content | 'phone' {
  if (isTime(value)) return 'keep';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return 'url';
  return /^\+?[\d\s().-]{7,}$/.test(value) ? 'phone' : 'text';
}

/** Replaces a number with enough digits for a telephone number, unless its field is published. */
function redactNumber(path: readonly string[], value: string): string {
  const isPublished = path.length === 2 && path[0] === 'data' && NUMBERS.has(path[1] ?? '');
  return isPublished || value.replace(/\D/g, '').length < 7 ? value : REDACTED_NUMBER;
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(value);
}

/** Whether a key looks like the name of a field; another may be a caller's number or name. */
function isFieldName(key: string): boolean {
  return /^[a-z][a-z_]{0,39}$/.test(key);
}

/** E.g. `last_24_hours`. */
function isPlainWord(value: string): boolean {
  return /^last_\d{1,4}_[a-z]{1,10}$/.test(value);
}

function describePath(path: readonly string[]): string {
  return path.every(isFieldName) ? path.join('.') : 'unknown fields';
}
