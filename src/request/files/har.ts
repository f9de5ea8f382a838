import * as z from 'zod';
import { type HeaderPair, headerValues, SIGNATURE_HEADER, TOKEN } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { type InputItem, unreadable } from './input.ts';
import { isBase64, parseJsonInput, requireShape } from './json-input.ts';

// HAR 1.2 as browsers and proxies write it; what they add or leave out does not matter.
const harSchema = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });

const entrySchema = z.object({
  startedDateTime: z.unknown().optional(),
  request: z.unknown().optional(),
});

const headerSchema = z.object({
  // HTTP/2 pseudo-headers begin with a colon.
  name: z.string().regex(/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name'),
  value: z.string().transform(toBytes).pipe(z.string().regex(HEADER_VALUE, 'expected one line')),
});

const postDataSchema = z.object({
  mimeType: z.string().nullish(),
  text: z.string().nullish(),
  /** Not in HAR 1.2 for requests; Charles, mitmproxy and ngrok write it, some with an underscore. */
  encoding: z.string().nullish(),
  _encoding: z.string().nullish(),
  base64: z.boolean().nullish(),
  params: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
});

const requestSchema = z.object({
  method: z.string().regex(TOKEN, 'expected a method'),
  url: z.string().min(1),
  httpVersion: z.string().nullish(),
  headers: z.array(headerSchema),
  bodySize: z.number().nullish(),
  postData: postDataSchema.nullish(),
});

type HarRequest = z.infer<typeof requestSchema>;
type PostData = z.infer<typeof postDataSchema>;

/** Requests that cannot be webhooks; proxies record all of them. */
const BODILESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'CONNECT']);

/** The requests of a HAR 1.2 document; errors name the JSON path. */
export function* parseHar(bytes: Buffer, source: string): Generator<InputItem> {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const value = parseJsonInput(text, source, { offset: 0 });
  const { entries } = requireShape(harSchema, value, source, '$').log;
  for (const [index, entry] of entries.entries()) {
    yield parseEntry(entry, source, `$.log.entries[${index}]`);
  }
}

function parseEntry(value: unknown, source: string, path: string): InputItem {
  const { startedDateTime, request: found } = requireShape(entrySchema, value, source, path);
  if (!hasMethod(found)) return { kind: 'skipped', why: 'a response without its request' };
  const request = requireShape(requestSchema, found, source, `${path}.request`);
  const headers = request.headers
    // HTTP/2 pseudo-headers repeat the method and the URL.
    .filter(({ name }) => !name.startsWith(':'))
    .map(({ name, value }): HeaderPair => [name, value]);
  const isPlain =
    BODILESS_METHODS.has(request.method.toUpperCase()) &&
    headerValues(headers, SIGNATURE_HEADER).length === 0 &&
    !request.postData?.text;
  if (isPlain) return { kind: 'skipped', why: `an unsigned ${request.method.toUpperCase()}` };
  const { body, note } = readPostData(request, source, `${path}.request`);
  const receivedAt = typeof startedDateTime === 'string' ? Date.parse(startedDateTime) : NaN;
  return {
    kind: 'request',
    request: {
      method: request.method,
      path: toPath(request.url),
      httpVersion: toVersion(request.httpVersion),
      headers,
      body,
    },
    note,
    ...(Number.isNaN(receivedAt) ? {} : { receivedAt }),
  };
}

function hasMethod(request: unknown): boolean {
  return typeof request === 'object' && request !== null && 'method' in request;
}

function readPostData(
  { postData, bodySize }: HarRequest,
  source: string,
  path: string,
): { readonly body: Buffer; readonly note: string | null } {
  const text = postData?.text ?? '';
  if (postData && text !== '') {
    const body = decodeText(text, encodingOf(postData), source, `${path}.postData`);
    return { body, note: noteOn(body, text, encodingOf(postData), bodySize ?? -1) };
  }
  if (postData?.params?.length) {
    return {
      body: Buffer.from(formEncode(postData.params), 'latin1'),
      note: 'the body was recorded as form fields only; its bytes are rebuilt from them and may differ',
    };
  }
  if (typeof bodySize === 'number' && bodySize > 0) {
    throw unreadable(
      source,
      `${path}.postData`,
      `expected the ${bodySize} body bytes of bodySize, got none: the recorder left the body out`,
    );
  }
  return { body: Buffer.alloc(0), note: null };
}

/** Why these may not be the bytes that were sent; null where there is no doubt. */
function noteOn(body: Buffer, text: string, encoding: string, bodySize: number): string | null {
  if (encoding === '' && text.includes('\ufffd')) {
    return 'the body holds replacement characters (U+FFFD): the recorder may have lost its bytes';
  }
  return bodySize > 0 && bodySize !== body.length
    ? `bodySize is ${bodySize}, the recorded body has ${body.length} bytes: the recorder may have changed it`
    : null;
}

function encodingOf(postData: PostData): string {
  if (postData.base64 === true) return 'base64';
  return (postData.encoding ?? postData['_encoding'] ?? '').toLowerCase();
}

function decodeText(text: string, encoding: string, source: string, path: string): Buffer {
  if (encoding === '' || encoding === 'utf-8' || encoding === 'utf8') return Buffer.from(text);
  if (encoding !== 'base64') {
    const shown = JSON.stringify(encoding.slice(0, 30));
    throw unreadable(source, `${path}.encoding`, `expected base64 or nothing, got ${shown}`);
  }
  // Some recorders break base64 into lines.
  const packed = text.replace(/\s+/g, '');
  if (isBase64(packed)) return Buffer.from(packed, 'base64');
  throw unreadable(source, `${path}.text`, 'expected base64, as encoding says');
}

/** Form fields as browsers write them (URL standard, application/x-www-form-urlencoded). */
function formEncode(params: NonNullable<PostData['params']>): string {
  return new URLSearchParams(
    params.map(({ name, value }): [string, string] => [name, value ?? '']),
  ).toString();
}

/** The request target: the URL without scheme, host and fragment, otherwise unchanged. */
function toPath(url: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? url;
  const target = path.startsWith('/') ? path : `/${path}`;
  // A recorded URL may contain spaces; a request line cannot.
  return toBytes(target).replace(/[^\u0021-\u007e\u0080-\u00ff]/g, encodeURIComponent);
}

/** `HTTP/1.1`, `http/1.1`, `h2`, `HTTP/2.0` → `1.1`, `2.0`; unknown is 1.1. */
function toVersion(version: string | null | undefined): string {
  const digits = /^(?:http\/|h)(\d)(?:\.(\d))?$/i.exec(version ?? '');
  return digits === null ? '1.1' : `${digits[1]}.${digits[2] ?? '0'}`;
}

/** Headers are latin1-decoded bytes; text beyond latin1 was UTF-8 on the wire. */
function toBytes(text: string): string {
  return /[\u0100-\uffff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
