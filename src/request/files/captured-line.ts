import type { Capture, Forward } from '../capture.ts';
import { describeOther, describeValue } from '../../json/describe-issue.ts';
import { type Reason, REASONS } from '../../signature/verify.ts';
import { type HeaderPair, TOKEN, type WebhookRequest } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { unreadable } from './input.ts';
import { isBase64 } from './json-input.ts';

/** A capture in a line of an export. `source` may be any text, because later versions may add values. */
export type CapturedLine = WebhookRequest &
  Pick<Capture, 'id' | 'receivedAt' | 'verification' | 'answered' | 'forwards'> & {
    readonly source: string | undefined;
  };

/**
 * Reads the fields of a `CaptureLine`. Unknown fields, e.g. of a later version, are ignored. Throws
 * INPUT_UNREADABLE with the JSON path for a field that is not as documented. It does not use a schema:
 * an export has thousands of lines, and a schema would take most of the time of `verify`.
 */
export function readCapturedLine(value: unknown, place: string): CapturedLine {
  const fields = new Fields(value, '$', place);
  fields.one('v', [1]);
  return {
    id: fields.text('id', /^cap_[0-9a-z]{1,60}$/, 'a capture id such as cap_…'),
    receivedAt: fields.time('receivedAt'),
    method: fields.text('method', TOKEN, 'a method'),
    path: fields.text('path', /^[\u0021-\u00ff]+$/, 'a path without white space'),
    httpVersion: fields.text('httpVersion', /^\d(\.\d)?$/, 'a version such as 1.1'),
    // Sending an invalid header again could change the request, e.g. add another header.
    headers: fields.headers('headers', TOKEN, HEADER_VALUE),
    body: fields.base64('bodyBase64'),
    verification: readVerdict(fields.object('verification')),
    answered: fields.has('answered') ? fields.status('answered') : null,
    source: fields.has('source') ? fields.text('source') : undefined,
    forwards: fields.list('forwards', readForward),
  };
}

function readVerdict(fields: Fields): Capture['verification'] {
  return { valid: fields.flag('valid'), reason: fields.one<Reason>('reason', REASONS) };
}

function readForward(fields: Fields): Forward {
  return {
    at: fields.time('at'),
    url: fields.text('url'),
    status: fields.status('status'),
    durationMs: fields.number('durationMs'),
    error: fields.isNull('error') ? null : fields.text('error'),
    kind: fields.has('kind') ? fields.one('kind', ['forward', 'replay'] as const) : 'forward',
    edited: fields.has('edited') && fields.flag('edited'),
    ...(fields.has('resigned') && fields.flag('resigned') ? { resigned: true } : {}),
    responseHeaders: fields.has('responseHeaders') ? fields.headers('responseHeaders') : [],
    responseBody: fields.has('responseBodyBase64')
      ? fields.base64('responseBodyBase64')
      : Buffer.alloc(0),
  };
}

const ANY = /^/;
const DATE_TIME =
  /^(\d{4}-\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** The fields of a JSON object, each read as one type. */
class Fields {
  private readonly members: Readonly<Record<string, unknown>>;
  private readonly path: string;
  private readonly place: string;

  constructor(value: unknown, path: string, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw unfit(place, path, 'an object', describeValue(value));
    }
    this.members = value as Readonly<Record<string, unknown>>;
    this.path = path;
    this.place = place;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  isNull(name: string): boolean {
    return this.get(name) === null;
  }

  text(name: string, pattern = ANY, words = 'a text'): string {
    const value = this.get(name);
    if (typeof value !== 'string') throw this.unfit(name, 'a text');
    if (!pattern.test(value)) throw this.unfitText(name, words);
    return value;
  }

  number(name: string): number {
    const value = this.get(name);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.unfit(name, 'a number');
  }

  flag(name: string): boolean {
    const value = this.get(name);
    if (typeof value === 'boolean') return value;
    throw this.unfit(name, 'true or false');
  }

  /** A field that has one of a few values. */
  one<T extends string | number>(name: string, values: readonly T[]): T {
    const value = values.find((each) => each === this.get(name));
    if (value === undefined) throw this.unfitText(name, values.join(' or '));
    return value;
  }

  /** The status of an answer; null where there was none. */
  status(name: string): number | null {
    const value = this.get(name);
    if (value === null || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
    throw this.unfit(name, 'a whole number or null');
  }

  /** A date and time of ISO 8601 with its zone, as ms since 1970. */
  time(name: string): number {
    const words = 'an ISO 8601 date and time';
    const text = this.text(name);
    const [, month, day] = DATE_TIME.exec(text) ?? [];
    const ms = day === undefined ? Number.NaN : Date.parse(text);
    // Date.parse reads February 30 as March 2.
    const isDay = Number(day) <= 28 || new Date(`${month}-${day}`).getUTCDate() === Number(day);
    if (Number.isNaN(ms) || !isDay) throw this.unfitText(name, words);
    return ms;
  }

  base64(name: string): Buffer {
    const text = this.text(name);
    const bytes = Buffer.from(text, 'base64');
    // Encoding again is faster than checking each character. Only a text that differs afterwards is checked.
    if (bytes.toString('base64') !== text && !isBase64(text)) throw this.unfitText(name, 'base64');
    return bytes;
  }

  object(name: string): Fields {
    return new Fields(this.get(name), `${this.path}.${name}`, this.place);
  }

  list<T>(name: string, read: (fields: Fields) => T): T[] {
    return this.entries(name).map((entry, index) =>
      read(new Fields(entry, `${this.path}.${name}[${index}]`, this.place)),
    );
  }

  /** Pairs of a header's name and value. */
  headers(name: string, names = ANY, values = ANY): HeaderPair[] {
    const entries = this.entries(name);
    for (const [index, pair] of entries.entries()) {
      const path = `${this.path}.${name}[${index}]`;
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw unfit(this.place, path, 'a name and a value', describeValue(pair));
      }
      const [key, value] = pair as [unknown, unknown];
      if (typeof key !== 'string' || !names.test(key)) {
        throw unfit(this.place, `${path}[0]`, 'a header name', describeOther(key));
      }
      if (typeof value !== 'string' || !values.test(value)) {
        throw unfit(this.place, `${path}[1]`, 'a header value on one line', describeOther(value));
      }
    }
    return entries as HeaderPair[];
  }

  private entries(name: string): unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.unfit(name, 'a list');
    return value;
  }

  private get(name: string): unknown {
    return Object.hasOwn(this.members, name) ? this.members[name] : undefined;
  }

  private unfit(name: string, expected: string): Error {
    return unfit(this.place, `${this.path}.${name}`, expected, describeValue(this.get(name)));
  }

  /** The error for a value that has the right type but is not allowed. */
  private unfitText(name: string, expected: string): Error {
    return unfit(this.place, `${this.path}.${name}`, expected, describeOther(this.get(name)));
  }
}

function unfit(place: string, path: string, expected: string, got: string): Error {
  return unreadable(place, path, `expected ${expected}, got ${got}`);
}
