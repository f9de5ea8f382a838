import { isObject } from './recorded-headers.ts';

type Members = Readonly<Record<string, unknown>>;

/** An object on the path to a value, and the key of the next step on that path. */
export interface Scope {
  readonly members: Members;
  /** Null for the innermost object. */
  readonly via: string | null;
}

/** Names of objects next to the headers that hold method, URL and time. */
const REQUEST_OBJECTS: ReadonlySet<string> = new Set([
  'request',
  'req',
  'httprequest',
  'requestcontext',
  'http',
]);

/** A key without case and punctuation: `rawBody`, `raw_body` and `Raw-Body` become the same name. */
export function plainName(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The method, path and other fields around the headers of a recorded request. */
export class RecordedFields {
  private readonly scopes: readonly Scope[];

  /** `scopes` begins with the object that has the headers and continues outwards. */
  constructor(scopes: readonly Scope[]) {
    this.scopes = scopes;
  }

  method(): string | undefined {
    const method = this.text(['httpmethod', 'requestmethod', 'method', 'verb']);
    return method !== undefined && /^[A-Za-z]{1,20}$/.test(method)
      ? method.toUpperCase()
      : undefined;
  }

  /** A URL or path; undefined where the recording has none. */
  url(): string | undefined {
    const query = this.text(['rawquerystring']) ?? '';
    const raw = this.text(['rawpath']);
    if (raw !== undefined) return query === '' ? raw : `${raw}?${query}`;
    return this.text(['originalurl', 'requesturl', 'rawurl', 'url', 'uri', 'requesturi', 'path']);
  }

  httpVersion(): string | undefined {
    return this.text(['httpversion', 'proto', 'protocol']);
  }

  /** ms since 1970. */
  time(): number | undefined {
    const value = this.find(
      [
        'receivedat',
        'requesttimeepoch',
        'timeepoch',
        'starteddatetime',
        'start',
        'createdat',
        'timestamp',
        'time',
        'date',
        'ts',
      ],
      (found) => (toTime(found) === undefined ? undefined : found),
    );
    return toTime(value);
  }

  private text(names: readonly string[]): string | undefined {
    const found = this.find(names, (value) => {
      if (typeof value === 'string' && value !== '') return value;
      // In Postman and Node, the URL is an object.
      if (isObject(value)) return value['raw'] ?? value['href'] ?? value['path'];
      return undefined;
    });
    return typeof found === 'string' ? found : undefined;
  }

  private find(names: readonly string[], accept: (value: unknown) => unknown): unknown {
    for (const { members } of this.scopes) {
      const found = findMember(members, names, accept, 2);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function findMember(
  members: Members,
  names: readonly string[],
  accept: (value: unknown) => unknown,
  depth: number,
): unknown {
  const entries = Object.entries(members);
  for (const name of names) {
    for (const [key, value] of entries) {
      const found = plainName(key) === name ? accept(value) : undefined;
      if (found !== undefined) return found;
    }
  }
  if (depth === 0) return undefined;
  for (const [key, value] of entries) {
    if (!REQUEST_OBJECTS.has(plainName(key)) || !isObject(value)) continue;
    const found = findMember(value, names, accept, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Parses a time: a text, or a number of s, ms, µs or ns since 1970. The size of the number shows its unit. */
function toTime(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{10,19}(\.\d+)?$/.test(value) ? +value : value;
  if (typeof number === 'number') {
    const unit = [1e-3, 1, 1e3, 1e6].find((unit) => number / unit > 1e11 && number / unit < 1e13);
    return unit === undefined ? undefined : Math.round(number / unit);
  }
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)) return undefined;
  // webhook.site and others write UTC without a time zone.
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(value);
  const time = Date.parse(isZoned ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : time;
}
