import { decodeString, type JsonDocument, tokenText } from '../document.ts';
import { KEY, OPEN_OBJECT } from '../tokeniser.ts';

/**
 * The order in which a writer puts the members of an object. Except for `source`, only the last of
 * equal keys is kept, in the position of the first, as the parsers of all common languages do.
 * - `source`: as in the source, duplicates included
 * - `insertion`: as in the source (Python, PHP, Ruby, Java)
 * - `javascript`: keys that are array indexes first, ascending (ECMAScript, OrdinaryOwnPropertyKeys)
 * - `sorted`: by bytes (Go maps, `sort_keys`, `jq -S`)
 * - `sorted-outside`: the keys of the outermost object by bytes, others as in the source (Java's TreeMap)
 * - `reversed`: the reverse of the source
 * - `by-length`: by length, then bytes (PostgreSQL jsonb, MySQL JSON)
 * - `documented`: as in the published samples; keys that are not in the samples come last, in source order
 */
export const MEMBER_ORDERS = [
  'source',
  'insertion',
  'javascript',
  'sorted',
  'sorted-outside',
  'by-length',
  'reversed',
  'documented',
] as const;

export type MemberOrder = (typeof MEMBER_ORDERS)[number];

interface Member {
  readonly key: string;
  /** The key's token. */
  readonly name: number;
  /** The first token of the value. */
  readonly value: number;
}

interface Frame {
  readonly members: readonly Member[];
  next: number;
  /** The bracket that closes the object. */
  readonly close: number;
  /** Where the walk of the enclosing object continues. */
  readonly resume: number;
}

/** The tokens as each order writes them, brackets included. */
export function orderTokens(document: JsonDocument): ReadonlyMap<MemberOrder, readonly number[]> {
  const objects = readObjects(document);
  return new Map(MEMBER_ORDERS.map((order) => [order, tokensIn(order, document, objects)]));
}

function tokensIn(
  order: MemberOrder,
  { kinds, closes }: JsonDocument,
  objects: ReadonlyMap<number, readonly Member[]>,
): readonly number[] {
  if (order === 'source') return kinds.map((_, token) => token);
  const out: number[] = [];
  const frames: Frame[] = [];
  let at = 0;
  let until = kinds.length;
  for (;;) {
    while (at < until) {
      out.push(at);
      if (kinds[at] !== OPEN_OBJECT) {
        at += 1;
        continue;
      }
      const close = closes[at] ?? at;
      frames.push({
        members: orderMembers(objects.get(at) ?? [], at, order),
        next: 0,
        close,
        resume: until,
      });
      at = until;
    }
    const frame = frames.at(-1);
    if (frame === undefined) return out;
    const member = frame.members[frame.next];
    if (member === undefined) {
      frames.pop();
      out.push(frame.close);
      at = frame.close + 1;
      until = frame.resume;
    } else {
      frame.next += 1;
      out.push(member.name);
      at = member.value;
      until = (closes[at] ?? at) + 1;
    }
  }
}

/** The members of each object, by the object's token. Of equal keys, the last one is kept, in the position of the first. */
function readObjects(document: JsonDocument): ReadonlyMap<number, readonly Member[]> {
  const objects = new Map<number, readonly Member[]>();
  const keys = new Map<string, string>();
  const keyOf = (token: number): string => {
    const text = tokenText(document, token);
    // One character per byte, so that comparing characters compares bytes.
    const key =
      keys.get(text) ?? Buffer.from(decodeString(document, token), 'utf8').toString('latin1');
    keys.set(text, key);
    return key;
  };
  for (const [object, kind] of document.kinds.entries()) {
    if (kind !== OPEN_OBJECT) continue;
    const byKey = new Map<string, Member>();
    let at = object + 1;
    while (document.kinds[at] === KEY) {
      const key = keyOf(at);
      byKey.set(key, { key, name: byKey.get(key)?.name ?? at, value: at + 1 });
      at = (document.closes[at + 1] ?? at + 1) + 1;
    }
    objects.set(object, [...byKey.values()]);
  }
  return objects;
}

function orderMembers(
  unique: readonly Member[],
  object: number,
  order: MemberOrder,
): readonly Member[] {
  const byBytes = (a: Member, b: Member): number => (a.key < b.key ? -1 : 1);
  switch (order) {
    case 'source':
    case 'insertion':
      return unique;
    case 'javascript': {
      const indexes = unique.filter(({ key }) => isArrayIndex(key));
      if (indexes.length === 0) return unique;
      indexes.sort((a, b) => Number(a.key) - Number(b.key));
      return [...indexes, ...unique.filter(({ key }) => !isArrayIndex(key))];
    }
    case 'sorted':
      return [...unique].sort(byBytes);
    case 'sorted-outside':
      return object === 0 ? [...unique].sort(byBytes) : unique;
    case 'by-length':
      return [...unique].sort((a, b) => a.key.length - b.key.length || byBytes(a, b));
    case 'reversed':
      return [...unique].reverse();
    case 'documented':
      return [...unique].sort((a, b) => documentedPlace(a.key) - documentedPlace(b.key));
  }
}

/** The keys of the four published samples, in an order that agrees with all of them. */
export const DOCUMENTED_KEYS = [
  'id',
  'event_id',
  'event',
  'timestamp',
  'data',
  'test_run_id',
  'test_case_id',
  'test_case_name',
  'agent_id',
  'agent_name',
  'score',
  'current_score',
  'previous_score',
  'threshold',
  'drop_percentage',
  'period',
  'total_calls',
  'passed_test_cases',
  'failed_test_cases',
  'duration_seconds',
  'scenarios_tested',
  'error',
  'calls_completed',
  'calls_failed',
  'call_id',
  'failure_reason',
  'call_recording_url',
  'transcript',
  'view_url',
] as const;

const DOCUMENTED_PLACES: ReadonlyMap<string, number> = new Map(
  DOCUMENTED_KEYS.map((key, index) => [key, index]),
);

function documentedPlace(key: string): number {
  return DOCUMENTED_PLACES.get(key) ?? DOCUMENTED_KEYS.length;
}

function isArrayIndex(key: string): boolean {
  return /^(?:0|[1-9][0-9]{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
}
