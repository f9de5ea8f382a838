import { type EventType, isEventType } from '../../relyable/event-type.ts';
import type { JsonToken } from './rewrite-json.ts';

/** The kind of content of a published field. It decides how the field is redacted. */
type Content = 'event' | 'time' | 'period' | 'number' | 'object' | 'id' | 'name' | 'url' | 'text';

type Fields = ReadonlyMap<string, Content>;

/** The fields next to `data`. The two ids are not published, but events may have one of them. */
const FRAME: Fields = new Map<string, Content>([
  ['event', 'event'],
  ['timestamp', 'time'],
  ['data', 'object'],
  ['id', 'id'],
  ['event_id', 'id'],
]);

/** The fields of each event's `data` (vendor page, "Webhook Events"). Nothing else is kept. */
const DATA: Readonly<Record<EventType, Fields>> = {
  'test_run.completed': fields({
    test_run_id: 'id',
    agent_id: 'id',
    agent_name: 'name',
    score: 'number',
    previous_score: 'number',
    total_calls: 'number',
    passed_test_cases: 'number',
    failed_test_cases: 'number',
    duration_seconds: 'number',
    scenarios_tested: 'id',
    view_url: 'url',
  }),
  'test_run.failed': fields({
    test_run_id: 'id',
    agent_id: 'id',
    error: 'text',
    calls_completed: 'number',
    calls_failed: 'number',
  }),
  'agent.score_dropped': fields({
    agent_id: 'id',
    agent_name: 'name',
    current_score: 'number',
    previous_score: 'number',
    threshold: 'number',
    drop_percentage: 'number',
    period: 'period',
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

/** A map of fields. An object would not do, because a payload may have a key `constructor`. */
function fields(contents: Readonly<Record<string, Content>>): Fields {
  return new Map(Object.entries(contents));
}

const REDACTED = 'redacted';
const REDACTED_URL = 'https://example.com/redacted';
/** A telephone number that is reserved for fiction. */
const REDACTED_PHONE = '+12025550100';
const REDACTED_TIME = '2000-01-01T00:00:00Z';

/** Replaces tokens of payloads. One redactor serves a whole export, so that equal ids stay equal. */
export interface PayloadRedactor {
  /** The new JSON of a token in a payload of this event; null if the token is kept. */
  replace(event: string | null, token: JsonToken): string | null;
}

/** Is told what a redaction replaced and what it kept. */
export interface RedactionNotes {
  /** E.g. `data.agent_name`. */
  replaced(what: string): void;
  /** E.g. `data.score`. */
  kept(what: string): void;
}

export function createPayloadRedactor(notes: RedactionNotes): PayloadRedactor {
  const names = new RedactedNames();
  return {
    replace: (event, token) => {
      const content = contentOf(event, token.path);
      const made = replacement(event, token, content, names);
      const where = token.kind === 'key' ? 'keys' : describePath(token.path, content);
      if (made === token.value) {
        if (token.kind !== 'key') notes.kept(where);
        return null;
      }
      notes.replaced(token.kind === 'key' ? 'keys that are not published' : where);
      return token.kind === 'key' || token.kind === 'string' ? JSON.stringify(made) : made;
    },
  };
}

/** The new value of a token, in the form of `token.value`. A token without a rule is replaced. */
function replacement(
  event: string | null,
  { kind, path, value }: JsonToken,
  content: Content | undefined,
  names: RedactedNames,
): string {
  switch (kind) {
    case 'key':
      return contentOf(event, [...path, value]) === undefined ? names.key(value) : value;
    case 'string':
      return replaceString(content, path, value, names);
    case 'number':
      if (content === 'number' && isSmallNumber(value)) return value;
      return content === 'id' ? names.ordinal(path.at(-1) ?? '', value) : '0';
    case 'boolean':
      return 'false';
  }
}

function replaceString(
  content: Content | undefined,
  path: readonly string[],
  value: string,
  names: RedactedNames,
): string {
  if (value === '') return value;
  switch (content) {
    case 'event':
      return redactEvent(value);
    case 'time':
      return isTime(value) ? value : REDACTED;
    case 'period':
      return isPlainWord(value) ? value : REDACTED;
    case 'id':
      return names.id(path.at(-1) ?? '', value);
    case 'url':
      return REDACTED_URL;
    case 'name':
    case 'text':
      return REDACTED;
    default:
      return likeWhatItWas(value);
  }
}

/** Creates the replacements of ids and keys. Equal ids and keys get equal replacements throughout an export. */
class RedactedNames {
  /** Replacements by kind: each kind is numbered from 1. */
  private readonly idsByKind = new Map<string, Map<string, string>>();
  private readonly keys = new Map<string, string>();

  id(field: string, value: string): string {
    const kind = field === 'scenarios_tested' ? 'scenario' : field.replace(/_?id$/, '') || 'event';
    // The result of an earlier redaction is kept, so that redacting twice changes nothing more.
    if (new RegExp(`^${kind}_redacted_\\d+$`).test(value)) return value;
    return this.numbered(kind, value, (number) => `${kind}_redacted_${number}`);
  }

  /** The replacement of an id that is a number. */
  ordinal(field: string, value: string): string {
    return this.numbered(`${field} as a number`, value, String);
  }

  key(value: string): string {
    if (/^redacted_key_\d+$/.test(value)) return value;
    const known = this.keys.get(value) ?? `redacted_key_${this.keys.size + 1}`;
    this.keys.set(value, known);
    return known;
  }

  private numbered(kind: string, value: string, name: (number: number) => string): string {
    const ids = this.idsByKind.get(kind) ?? new Map<string, string>();
    this.idsByKind.set(kind, ids);
    const made = ids.get(value) ?? name(ids.size + 1);
    ids.set(value, made);
    return made;
  }
}

/** The redacted event type. Published types are kept. */
export function redactEvent(event: string): string {
  return isEventType(event) || event === OTHER_EVENT ? event : OTHER_EVENT;
}

const OTHER_EVENT = `unknown.${REDACTED}`;

/** The content of the field at a path; undefined if the field is not published for this event. */
function contentOf(event: string | null, path: readonly string[]): Content | undefined {
  const [first = '', second = ''] = path;
  if (path.length === 1) return FRAME.get(first);
  if (path.length !== 2 || first !== 'data') return undefined;
  if (second === 'event_id') return 'id';
  return isEventType(event) ? DATA[event].get(second) : undefined;
}

/** The replacement of a text without a rule. It has the same kind, so that fixtures stay realistic. */
function likeWhatItWas(value: string): string {
  if (isTime(value)) return REDACTED_TIME;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return REDACTED_URL;
  return /^\+?[\d\s().-]{7,}$/.test(value) ? REDACTED_PHONE : REDACTED;
}

/** Whether a number is short, like a score, a count or a duration. A longer one could be a telephone number in the wrong field. */
function isSmallNumber(value: string): boolean {
  return /^-?\d{1,6}(\.\d+)?([eE][+-]?\d)?$/.test(value);
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(value);
}

/** E.g. `last_24_hours`. */
function isPlainWord(value: string): boolean {
  return /^last_\d{1,4}_[a-z]{1,10}$/.test(value);
}

function describePath(path: readonly string[], content: Content | undefined): string {
  return content === undefined ? 'fields that are not published' : path.join('.');
}
