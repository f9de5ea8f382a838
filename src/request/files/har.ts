import * as z from 'zod';
import {
  type HeaderPair,
  headerValues,
  isSameHeader,
  SIGNATURE_HEADER,
  TOKEN,
} from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import {
  type FoundRequest,
  type InputItem,
  type ReadBeside,
  toUnreadable,
  unreadable,
} from './input.ts';
import { parseJsonInput, requireShape } from './json-input.ts';
import { BODILESS_METHODS } from './json-requests.ts';
import { decodeBase64 } from './recorded-body.ts';
import { toBytes, toPath, toVersion } from './request-target.ts';

// HAR 1.2 as browsers and proxies write it. Only the members that are read here are checked.
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
  /** The name of a file next to the recording in which Playwright saved the body. */
  _file: z.string().nullish(),
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

/**
 * The requests of a HAR 1.2 document. An entry that cannot be read gives an item with the error and its
 * JSON path; the other entries are still read.
 */
export function* parseHar(
  bytes: Buffer,
  source: string,
  readBeside: ReadBeside,
): Generator<InputItem> {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const value = parseJsonInput(text, source, { offset: 0 });
  const { entries } = requireShape(harSchema, value, source, '$').log;
  for (const [index, entry] of entries.entries()) {
    try {
      yield parseEntry(entry, source, `$.log.entries[${index}]`, readBeside);
    } catch (error) {
      yield toUnreadable(error);
    }
  }
}

function parseEntry(
  value: unknown,
  source: string,
  path: string,
  readBeside: ReadBeside,
): InputItem {
  const { startedDateTime, request: found } = requireShape(entrySchema, value, source, path);
  if (!hasMethod(found)) return { kind: 'skipped', why: 'a response without its request' };
  const request = requireShape(requestSchema, found, source, `${path}.request`);
  const headers = headerPairs(request.headers);
  if (/^wss?:/i.test(request.url)) return { kind: 'skipped', why: 'a WebSocket' };
  const isUnsigned = headerValues(headers, SIGNATURE_HEADER).length === 0;
  const method = request.method.toUpperCase();
  if (isUnsigned && BODILESS_METHODS.has(method) && !request.postData?.text) {
    return { kind: 'skipped', why: `an unsigned ${method}` };
  }
  const { body, ...rest } = readPostData(request, source, `${path}.request`, readBeside);
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
    ...rest,
    ...(Number.isNaN(receivedAt) ? {} : { receivedAt }),
  };
}

function headerPairs(headers: HarRequest['headers']): HeaderPair[] {
  return (
    headers
      // HTTP/2 pseudo-headers repeat the method and the URL.
      .filter(({ name }) => !name.startsWith(':'))
      .map(({ name, value }): HeaderPair => [name, value])
  );
}

function hasMethod(request: unknown): boolean {
  return typeof request === 'object' && request !== null && 'method' in request;
}

/** The body of an entry; empty where the recorder left it out. */
function readPostData(
  { postData, bodySize, headers }: HarRequest,
  source: string,
  path: string,
  readBeside: ReadBeside,
): Pick<FoundRequest, 'note' | 'bodyMissing' | 'bodyRebuilt'> & { readonly body: Buffer } {
  const text = postData?.text ?? '';
  if (postData && text !== '') {
    const encoding = encodingOf(postData);
    const { body, isAsSaid } = decodeText(text, encoding, source, `${path}.postData`);
    const isDamaged = encoding === '' && text.includes('\ufffd');
    return {
      body,
      note: isAsSaid ? noteOn(body, isDamaged, bodySize ?? -1) : BASE64_LIE,
      ...(isDamaged ? { bodyRebuilt: 'the recorder replaced bytes of the body by U+FFFD' } : {}),
    };
  }
  const file = postData?.['_file'];
  if (typeof file === 'string') {
    return {
      body: readBeside(file),
      note: `the body is that of the file ${file} beside the recording`,
    };
  }
  if (postData?.params?.length) {
    return {
      body: Buffer.from(formEncode(postData.params), 'latin1'),
      note: 'the body was recorded as form fields only; its bytes are rebuilt from them and may differ',
      bodyRebuilt: 'the recording has the fields of the body, not its bytes',
    };
  }
  const body = Buffer.alloc(0);
  const isSent = headers.some(({ name, value }) => /^content-length$/i.test(name) && +value > 0);
  if (bodySize === 0 && !isSent) return { body, note: null };
  const size = typeof bodySize === 'number' && bodySize > 0 ? `${bodySize} bytes of the ` : '';
  // Without a size and a signature, there may have been no body.
  if (
    size === '' &&
    headerPairs(headers).every(([name]) => !isSameHeader(name, SIGNATURE_HEADER))
  ) {
    return { body, note: null };
  }
  return { body, note: null, bodyMissing: `the recorder left the ${size}body out` };
}

const BASE64_LIE = 'encoding says base64, but the body is plain text; it is taken as that';

/** Why the bytes may differ from the bytes that were sent; null where there is no doubt. */
function noteOn(body: Buffer, isDamaged: boolean, bodySize: number): string | null {
  if (isDamaged) {
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

function decodeText(
  text: string,
  encoding: string,
  source: string,
  path: string,
): { readonly body: Buffer; readonly isAsSaid: boolean } {
  if (encoding === '' || encoding === 'utf-8' || encoding === 'utf8') {
    return { body: Buffer.from(text), isAsSaid: true };
  }
  if (encoding !== 'base64') {
    const shown = JSON.stringify(encoding.slice(0, 30));
    throw unreadable(source, `${path}.encoding`, `expected base64 or nothing, got ${shown}`);
  }
  // Some recorders break base64 into lines.
  const body = decodeBase64(text);
  if (body !== null) return { body, isAsSaid: true };
  if (/^\s*[{[]/.test(text)) return { body: Buffer.from(text), isAsSaid: false };
  throw unreadable(source, `${path}.text`, 'expected base64, as encoding says');
}

/** Form fields as browsers write them (URL standard, application/x-www-form-urlencoded). */
function formEncode(params: NonNullable<PostData['params']>): string {
  return new URLSearchParams(
    params.map(({ name, value }): [string, string] => [name, value ?? '']),
  ).toString();
}
