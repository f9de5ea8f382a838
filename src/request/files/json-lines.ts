import * as z from 'zod';
import type { Forward } from '../capture.ts';
import { REASONS } from '../../signature/verify.ts';
import { hasHeader, type HeaderPair, SIGNATURE_HEADER, TOKEN } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { type InputItem, toUnreadable, unreadable } from './input.ts';
import { base64Schema, parseJson, parseJsonInput, requireShape } from './json-input.ts';
import { findRequests, findRequestsInJson } from './json-requests.ts';
import { parseLogfmt } from './logfmt.ts';
import { parsePrinted } from '../../json/printed-value.ts';

/** The longest line that is read: a capture with the largest body that is stored fits. */
const MAX_LINE_BYTES = 400 * 1024 * 1024;

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const statusSchema = z.int().nullable();
const responseHeadersSchema = z.array(z.tuple([z.string(), z.string()]));
/** A header that HTTP cannot carry would become another request when it is sent again. */
const headersSchema = z.array(
  z.tuple([
    z.string().regex(TOKEN, 'expected a header name'),
    z.string().regex(HEADER_VALUE, 'expected a header value on one line'),
  ]),
);

const forwardSchema = z
  .object({
    at: timeSchema,
    url: z.string(),
    status: statusSchema,
    durationMs: z.number(),
    error: z.string().nullable(),
    kind: z.enum(['forward', 'replay']).default('forward'),
    edited: z.boolean().default(false),
    resigned: z.boolean().default(false),
    responseHeaders: responseHeadersSchema.default([]),
    responseBodyBase64: base64Schema.default(() => Buffer.alloc(0)),
  })
  .transform(({ responseBodyBase64, resigned, ...rest }): Forward => ({
    ...rest,
    ...(resigned ? { resigned } : {}),
    responseBody: responseBodyBase64,
  }));

/** A `CaptureLine`; unknown fields of a later version are ignored. */
const captureSchema = z.object({
  type: z.literal('capture'),
  v: z.literal(1),
  id: z.string().regex(/^cap_[0-9a-z]{1,60}$/, 'expected a capture id such as cap_…'),
  receivedAt: timeSchema,
  method: z.string().regex(TOKEN, 'expected a method'),
  path: z.string().regex(/^[\u0021-\u00ff]+$/, 'expected a path without white space'),
  httpVersion: z.string().regex(/^\d(\.\d)?$/, 'expected a version such as 1.1'),
  headers: headersSchema,
  bodyBase64: base64Schema,
  verification: z.object({ valid: z.boolean(), reason: z.enum(REASONS) }),
  answered: statusSchema.default(null),
  source: z.string().optional(),
  forwards: z.array(forwardSchema),
});

/**
 * The requests of lines of JSON, read line by line in constant memory: captures of an export, or what
 * a log has of requests. A line that cannot be read is an item as well; the others are read.
 */
export async function* parseLines(
  chunks: AsyncIterable<Buffer>,
  source: string,
): AsyncGenerator<InputItem> {
  let number = 0;
  for await (const { text, offset } of splitLines(chunks, source)) {
    number += 1;
    if (text.trim() === '') continue;
    try {
      yield* parseLine(text, source, number, offset);
    } catch (error) {
      yield toUnreadable(error);
    }
  }
}

function parseLine(
  text: string,
  source: string,
  number: number,
  offset: number,
): readonly InputItem[] {
  const isJson = /^\s*\{/.test(text) || parseJson(text) !== undefined;
  const pairs = isJson ? null : parseLogfmt(text);
  const logged = pairs === null ? [] : findRequests(pairs, `${source}: line ${number}`);
  if (logged.length > 0) return logged;
  const at = isJson ? 0 : text.search(/\{/);
  if (at === -1) return [{ kind: 'skipped', why: 'a line without JSON' }];
  // A log line may have anything before its JSON.
  const json = text.slice(at);
  const value =
    at === 0
      ? parseJsonInput(json, source, { offset, line: `line ${number}, ` })
      : (parseJson(json) ?? parsePrinted(json));
  if (isOurs(value, 'capture')) {
    return [toCapture(value, `${source}: line ${number}, byte ${offset}`)];
  }
  const items = findRequestsInJson(json, value, `${source}: line ${number}`);
  return items.length > 0 ? items : [{ kind: 'skipped', why: describeOther(value) }];
}

function isOurs(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}

/** What a line without a request is, for the count of those that were skipped. */
function describeOther(value: unknown): string {
  return isOurs(value, 'attempt')
    ? 'an attempt of `logs`, which has no headers (`logs show --json` has them)'
    : 'a line of JSON without headers and body';
}

/** A capture of an export; INPUT_UNREADABLE, with the JSON path, where a field is not as documented. */
function toCapture(value: unknown, place: string): InputItem {
  const line = requireShape(captureSchema, value, place, '$');
  const { id, receivedAt, answered, method, path, httpVersion, headers } = line;
  return {
    kind: 'request',
    request: { method, path, httpVersion, headers, body: line.bodyBase64 },
    note: null,
    receivedAt,
    ...(line.verification.reason === 'signature_not_recorded' && !isSigned(headers)
      ? { signatureNotRecorded: true }
      : {}),
    origin: {
      id,
      receivedAt,
      verification: line.verification,
      answered,
      forwards: line.forwards,
      ...(line.source === 'log' ? { source: line.source } : {}),
    },
  };
}

function isSigned(headers: readonly HeaderPair[]): boolean {
  return hasHeader(headers, SIGNATURE_HEADER);
}

interface TextLine {
  readonly text: string;
  /** The offset of its first byte. */
  readonly offset: number;
}

async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  source: string,
): AsyncGenerator<TextLine> {
  let parts: Buffer[] = [];
  let size = 0;
  let offset = 0;
  const take = (): TextLine => {
    const line = {
      text: Buffer.concat(parts)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
      offset,
    };
    offset += size + 1;
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      parts.push(part);
      size += part.length;
      if (size > MAX_LINE_BYTES) {
        throw unreadable(source, `byte ${offset}`, 'expected lines of at most 400 MB');
      }
      if (end === -1) break;
      yield take();
      from = end + 1;
    }
  }
  if (size > 0) yield take();
}
