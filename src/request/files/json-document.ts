import { readDocument } from '../../json/document.ts';
import { parseHar } from './har.ts';
import { BODY_HINT, notRequest } from './detect.ts';
import { type InputItem, type ReadBeside, unreadable } from './input.ts';
import { parseJson, parseJsonInput } from './json-input.ts';
import { findRequests, findRequestsInJson, isPayload } from './json-requests.ts';
import { parsePrinted } from '../../json/printed-value.ts';

/**
 * The requests in one or several JSON documents, or in a value that a language printed (Python's repr,
 * Node's inspect). Throws INPUT_UNREADABLE if the text is none of these, or contains no request.
 */
export function* parseJsonDocument(
  bytes: Buffer,
  source: string,
  readBeside: ReadBeside,
): Generator<InputItem> {
  const text = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  const value = parseJson(text);
  if (isHar(value)) {
    yield* parseHar(bytes, source, readBeside);
    return;
  }
  const items = value === undefined ? readOther(text, source) : findIn(text, value, source);
  if (items.length > 0) yield* items;
  else throw notRequest(Buffer.from(text), 0, source);
}

function findIn(text: string, value: unknown, source: string): InputItem[] {
  if (isPayload(value)) {
    throw unreadable(
      source,
      'byte 0',
      'expected a request, got a payload without the headers it came with',
      'add --signature <hex> with the X-Relyable-Signature it came with',
    );
  }
  return findRequestsInJson(text, value, source);
}

function isHar(value: unknown): boolean {
  const log = typeof value === 'object' && value !== null && 'log' in value ? value.log : null;
  return typeof log === 'object' && log !== null && 'entries' in log;
}

/** Reads a text that is not one JSON value: several values, a printed value, or a call of `fetch(…)`. */
function readOther(text: string, source: string): InputItem[] {
  const call = /^(?:await )?fetch\(\s*("[^"]*")\s*,\s*([^]*)\)\s*;?\s*$/.exec(text);
  const url = call === null ? undefined : parseJson(call[1] ?? '');
  const options = call === null ? undefined : parseJson(call[2] ?? '');
  if (typeof options === 'object' && options !== null) {
    return findRequests({ url, ...options }, source);
  }
  const documents = splitDocuments(Buffer.from(text));
  if (documents !== null) {
    return documents.flatMap((one) => findRequestsInJson(one, parseJson(one), source));
  }
  const printed = parsePrinted(text.slice(Math.max(text.search(/[{[(]/), 0)));
  if (printed !== undefined) return findRequests(printed, source);
  // The text is neither JSON nor a printed value. Parsing it throws the error with the byte.
  parseJsonInput(text, source, { offset: 0, hint: BODY_HINT });
  return [];
}

/** Splits a text into JSON values that follow one another; null if it is not that. */
function splitDocuments(bytes: Buffer): string[] | null {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const document = readDocument(bytes.subarray(at), { allowRest: true });
    if (document === null || document.end === 0) return null;
    texts.push(bytes.toString('utf8', at, at + document.end));
    at += document.end;
    while (/[\s,]/.test(String.fromCharCode(bytes[at] ?? 0))) at += 1;
  }
  return texts;
}
