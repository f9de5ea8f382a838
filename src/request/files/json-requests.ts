import { parse as parseLossless } from 'lossless-json';
import { exactNumber } from '../../json/exact-number.ts';
import { isEventType } from '../../relyable/event-type.ts';
import { type HeaderPair, headerValues } from '../request.ts';
import { isDeliveryLine, readDeliveryLine } from './delivery-log.ts';
import { isRequestLine } from './detect.ts';
import { parseHttpDump } from './http-dump.ts';
import {
  type FoundRequest,
  type InputItem,
  toUnreadable,
  unreadable,
  untilUnreadable,
} from './input.ts';
import { parseJson } from './json-input.ts';
import { parsePrinted } from '../../json/printed-value.ts';
import { decodeBase64, looksDecoded, readBody, type RecordedBody } from './recorded-body.ts';
import { plainName, RecordedFields, type Scope } from './recorded-fields.ts';
import {
  areHeaders,
  hasSignature,
  isObject,
  readFlatHeaders,
  readHeaders,
} from './recorded-headers.ts';
import { toPath, toVersion } from './request-target.ts';
import { Variables } from './variables.ts';

/** The methods of requests that cannot be webhooks. */
export const BODILESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'CONNECT']);

/** Members that hold a body. Members with the exact bytes come first. */
const BODY_NAMES = [
  'rawbody',
  'bodyraw',
  'bodybase64',
  'rawbodybase64',
  'rawpayload',
  'requestbody',
  'reqbody',
  'body',
  'content',
  'payload',
  'postdata',
  'data',
  'text',
];

/** Members that hold answers, whose headers and body are not a request's. */
const ANSWER = /^(response|res$|reply|answer|result|output)/;

/** Why the bytes of a parsed body are in doubt. */
export const PARSED = 'the recording has the parsed body, not its bytes';

/** The limit on nesting, counting JSON inside texts. */
const MAX_DEPTH = 40;

type Members = Readonly<Record<string, unknown>>;

/**
 * Finds the requests in a value that any tool recorded. A request is an object with headers, and with a
 * body in the same object or in an enclosing one, under any names. This covers AWS, GCP and Azure
 * events, ngrok, webhook.site, smee, Postman, Insomnia and log lines.
 */
export function findRequests(value: unknown, source: string, parse = parseJson): InputItem[] {
  const finder = new RequestFinder(source, parse, Variables.of(value));
  finder.visit(value, [], 0);
  return finder.items;
}

/** The requests in a JSON text. In a body that was recorded as parsed JSON, numbers keep their digits. */
export function findRequestsInJson(text: string, value: unknown, source: string): InputItem[] {
  const items = findRequests(value, source);
  const isRebuilt = items.some((item) => item.kind === 'request' && item.bodyRebuilt !== undefined);
  const exact = isRebuilt ? parseExact(text) : undefined;
  return exact === undefined ? items : findRequests(exact, source, parseExact);
}

/** The body in an envelope without headers, `{"body":"…","isBase64Encoded":false}`; null for none. */
export function findBodyAlone(value: unknown): RecordedBody | null {
  if (!isObject(value) || isPayload(value)) return null;
  const body = findBody([{ members: value, via: null }]);
  return body === null || body.isRebuilt === true ? null : body;
}

/** Parses JSON; numbers that JavaScript would write in another way keep their source text. */
function parseExact(text: string): unknown {
  try {
    return parseLossless(text, undefined, exactNumber);
  } catch {
    return undefined;
  }
}

class RequestFinder {
  readonly items: InputItem[] = [];
  private readonly source: string;
  private readonly parse: (text: string) => unknown;
  private readonly variables: Variables;

  constructor(source: string, parse: (text: string) => unknown, variables: Variables) {
    this.source = source;
    this.parse = parse;
    this.variables = variables;
  }

  visit(value: unknown, outer: readonly Scope[], depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, [], depth + 1);
    } else if (typeof value === 'string') {
      this.visitText(value, outer, depth);
    } else if (isObject(value)) {
      this.visitObject(value, outer, depth);
    }
  }

  /** A text may hold a request, or JSON behind the prefix of a log line. */
  private visitText(text: string, outer: readonly Scope[], depth: number): void {
    if (isRequestLine(text.slice(0, text.search(/\r?\n|$/)))) {
      this.addDump(Buffer.from(text));
      return;
    }
    const at = text.search(/[{[]/);
    if (at === -1) return;
    const rest = text.slice(at);
    const value = this.parse(rest) ?? parsePrinted(rest);
    if (value !== undefined) this.visit(value, outer, depth + 1);
  }

  private visitObject(members: Members, outer: readonly Scope[], depth: number): void {
    if (isPayload(members)) return;
    const captureId = captureNamed(members);
    if (captureId !== null) {
      this.items.push({ kind: 'reference', id: captureId });
      return;
    }
    if (isDeliveryLine(members)) {
      this.addDelivery(members);
      return;
    }
    const dump = rawRequest(members['raw'] ?? members['rawRequest']);
    if (dump !== null) {
      this.addDump(dump, new RecordedFields([{ members, via: null }, ...outer]).time());
      return;
    }
    const headers = ownHeaders(members);
    if (headers !== null && this.addRequest(headers, [{ members, via: null }, ...outer])) return;
    for (const [key, member] of Object.entries(members)) {
      if (ANSWER.test(plainName(key))) continue;
      this.visit(member, [{ members, via: key }, ...outer], depth + 1);
    }
  }

  private addDelivery(members: Members): void {
    try {
      this.items.push(readDeliveryLine(members, this.source));
    } catch (error) {
      this.items.push(toUnreadable(error));
    }
  }

  private addDump(bytes: Buffer, receivedAt?: number): void {
    for (const item of untilUnreadable(parseHttpDump(bytes, this.source))) {
      const isTimed = item.kind === 'request' && receivedAt !== undefined;
      this.items.push(isTimed ? { ...item, receivedAt } : item);
    }
  }

  /** Adds the request with these headers; false if they are not the headers of a request. */
  private addRequest(recorded: readonly HeaderPair[], scopes: readonly Scope[]): boolean {
    const isSigned = hasSignature(recorded);
    const fields = new RecordedFields(scopes);
    const [method, url] = [fields.method(), fields.url()];
    const body = findBody(scopes);
    if (!isSigned) {
      if (isAnswer(scopes) || (method === undefined && url === undefined)) return false;
      if (BODILESS_METHODS.has(method ?? '') && body === null) {
        this.items.push({ kind: 'skipped', why: `an unsigned ${method}` });
        return true;
      }
      if (body === null) return false;
    }
    const open = this.variables.openIn(recorded);
    if (open !== undefined) {
      const problem = `expected the value of {{${open}}} in a header, got only its name`;
      const hint = 'write the value that was sent in its place';
      this.items.push({
        kind: 'unreadable',
        error: unreadable(this.source, `request ${this.items.length + 1}`, problem, hint),
      });
      return true;
    }
    this.items.push(this.toItem(fields, this.variables.inHeaders(recorded), body));
    return true;
  }

  private toItem(
    fields: RecordedFields,
    headers: readonly HeaderPair[],
    found: RecordedBody | null,
  ): FoundRequest {
    const receivedAt = fields.time();
    const bytes = this.variables.inBody(found?.bytes ?? Buffer.alloc(0));
    return {
      kind: 'request',
      request: {
        method: fields.method() ?? 'POST',
        path: toPath(fields.url() ?? '/'),
        httpVersion: toVersion(fields.httpVersion()),
        headers,
        body: bytes,
      },
      note: found === null ? null : (found.note ?? noteOnLength(headers, bytes)),
      ...(receivedAt === undefined ? {} : { receivedAt }),
      ...(found === null ? { bodyMissing: 'the recording has the headers without the body' } : {}),
      ...(found?.isRebuilt === true ? { bodyRebuilt: PARSED } : {}),
    };
  }
}

/** Whether this is a webhook's own payload, which is never taken for an envelope. */
export function isPayload(value: unknown): boolean {
  return (
    isObject(value) &&
    isEventType(value['event']) &&
    !Object.keys(value).some(isHeadersKey) &&
    !isTriggerLine(value)
  );
}

/** Whether this is the output of `trigger --json` or `--print json`, which has an `event` like a payload. */
function isTriggerLine({ type, v, request }: Members): boolean {
  return type === 'trigger' && v === 1 && isObject(request);
}

function isHeadersKey(key: string): boolean {
  return /headers?(list|map|raw)?$/.test(plainName(key));
}

/** The capture that a line of `listen --json` names. */
function captureNamed(members: Members): string | null {
  const { type, v, id } = members;
  const isDelivery = type === 'delivery' && v === 1 && typeof id === 'string';
  return isDelivery && /^cap_[0-9a-z]+$/.test(id) ? id : null;
}

/** The bytes of a whole request in one text, in base64 (as ngrok stores it) or plain; null for any other value. */
function rawRequest(value: unknown): Buffer | null {
  if (typeof value !== 'string') return null;
  for (const bytes of [decodeBase64(value), Buffer.from(value)]) {
    const line = bytes?.toString('latin1', 0, 2000).split(/\r?\n/, 1)[0] ?? '';
    if (isRequestLine(line)) return bytes;
  }
  return null;
}

/** The headers among an object's members; if there are several forms, the one that keeps order and repeats. */
function ownHeaders(members: Members): HeaderPair[] | null {
  const all = Object.entries(members).flatMap(([key, value]) => {
    const name = plainName(key);
    const headers = isHeadersKey(key) && !ANSWER.test(name) ? readHeaders(value) : null;
    return headers === null ? [] : [{ isExact: /raw|multi/.test(name), headers }];
  });
  const signed = all.filter(({ headers }) => hasSignature(headers));
  const candidates = signed.length > 0 ? signed : all;
  const [first] = candidates;
  if (first === undefined) return readFlatHeaders(members) ?? headersByShape(members);
  return (candidates.find(({ isExact }) => isExact) ?? first).headers;
}

/** A map or list of headers under any other name, recognised by the headers in it. */
function headersByShape(members: Members): HeaderPair[] | null {
  for (const value of Object.values(members)) {
    const isMap = isObject(value) && !('headers' in value);
    const headers = isMap || Array.isArray(value) ? readHeaders(value) : null;
    if (headers !== null && hasSignature(headers) && areHeaders(headers)) return headers;
  }
  return null;
}

/** The nearest body: in the same object as the headers, else in an enclosing one. */
function findBody(scopes: readonly Scope[]): RecordedBody | null {
  const inside = new Set(scopes.map(({ members }) => members));
  for (const { members, via } of scopes) {
    const entries = Object.entries(members).filter(
      ([key, value]) => key !== via && !inside.has(value as Members) && !isHeadersKey(key),
    );
    const saysBase64 = isMarkedBase64(members);
    const named = BODY_NAMES.flatMap((name) => entries.filter(([key]) => plainName(key) === name));
    for (const [key, value] of [...named, ...entries.filter(([, value]) => holdsPayload(value))]) {
      const body = readBody(value, saysBase64 || plainName(key).includes('base64'));
      if (body !== null) return body;
    }
  }
  return null;
}

function isMarkedBase64(members: Members): boolean {
  return Object.entries(members).some(([key, value]) => {
    const name = plainName(key);
    if (name === 'isbase64encoded' || name === 'isbase64' || name === 'base64') {
      return value === true || value === 'true';
    }
    return /^(body|content)?encoding$/.test(name) && /^base64$/i.test(String(value));
  });
}

/** Whether a value is a webhook's payload, as text, base64 or parsed JSON. */
function holdsPayload(value: unknown): boolean {
  if (typeof value !== 'string') return isPayload(value);
  const decoded = decodeBase64(value);
  const text = decoded !== null && looksDecoded(decoded) ? decoded.toString('utf8') : value;
  return text.trimStart().startsWith('{') && isPayload(parseJson(text));
}

/** Whether an object is a response: it has a status but no method, like the result of a Lambda function. */
function isAnswer([scope]: readonly Scope[]): boolean {
  const keys = new Set(Object.keys(scope?.members ?? {}).map(plainName));
  return keys.has('statuscode') && !keys.has('method');
}

function noteOnLength(headers: readonly HeaderPair[], body: Buffer): string | null {
  const [length] = headerValues(headers, 'Content-Length');
  return length === undefined || length === String(body.length)
    ? null
    : `Content-Length is ${length}, the recorded body has ${body.length} bytes: the recorder may have changed it`;
}
