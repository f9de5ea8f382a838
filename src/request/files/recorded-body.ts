import { isLosslessNumber, stringify } from 'lossless-json';
import { isBase64 } from './json-input.ts';
import { isObject } from './recorded-headers.ts';

/** The bytes of a body as a recorder wrote it down. */
export interface RecordedBody {
  readonly bytes: Buffer;
  /** How the bytes were recovered, in one line; null if the recording has them as text. */
  readonly note: string | null;
  /** The bytes were serialised again from parsed values, and may differ from the bytes that were sent. */
  readonly isRebuilt?: true;
}

/** The text that a recorder writes in place of a body that it does not keep. */
const PLACEHOLDER =
  /^[[<(]\s*(object|redacted|filtered|masked|hidden|removed|binary|truncated|stream|readable|body|circular|omitted|too large|no body)\b[^\])>]*[\])>]$/i;

/** Members that hold a body's text inside an object such as Postman's `body` or HAR's `postData`. */
const TEXT_MEMBERS = ['raw', 'text', 'json', 'content', 'data', 'base64', 'encoded', 'value'];

/**
 * The body in a value of a recording: a text, bytes, a list of numbers, an object that contains one of
 * these, or else parsed JSON, which is serialised again. Null for an empty value and for a placeholder
 * such as `[object Object]`.
 */
export function readBody(value: unknown, saysBase64: boolean): RecordedBody | null {
  if (Buffer.isBuffer(value)) return { bytes: value, note: null };
  if (typeof value === 'string') {
    return value === '' || PLACEHOLDER.test(value) ? null : fromText(value, saysBase64);
  }
  const bytes = bytesOf(value);
  if (bytes !== null) return { bytes, note: 'the body was recorded as a list of byte values' };
  if (isObject(value)) {
    const inner = readMembers(value, saysBase64);
    if (inner !== null) return inner;
  }
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return null;
  if (Object.keys(value).length === 0) return null;
  return {
    bytes: Buffer.from(stringify(value) ?? ''),
    note: 'the recorder parsed the body; its bytes are written again from the values and may differ',
    isRebuilt: true,
  };
}

/** `{"mode":"raw","raw":"…"}`, `{"mimeType":…,"text":"…"}`, `{"data":"…","encoding":"base64"}`. */
function readMembers(
  value: Readonly<Record<string, unknown>>,
  saysBase64: boolean,
): RecordedBody | null {
  if ('event' in value) return null;
  const encoding = value['encoding'] ?? value['_encoding'];
  const params = value['urlencoded'] ?? value['params'];
  for (const name of TEXT_MEMBERS) {
    const text = value[name];
    if (typeof text !== 'string' || text === '') continue;
    const isPacked = saysBase64 || name === 'base64' || value['base64'] === true;
    return readBody(text, isPacked || /^base64$/i.test(String(encoding)));
  }
  if (Array.isArray(params) && params.length > 0) {
    const fields = params
      .filter(isObject)
      .map((field): [string, string] => [
        String(field['name'] ?? field['key']),
        typeof field['value'] === 'string' ? field['value'] : '',
      ]);
    return {
      bytes: Buffer.from(new URLSearchParams(fields).toString()),
      note: 'the body was recorded as form fields; its bytes are written again from them and may differ',
      isRebuilt: true,
    };
  }
  return null;
}

/** The bytes of a text: UTF-8, or decoded base64 if the recording says so or the text clearly is base64. */
function fromText(text: string, saysBase64: boolean): RecordedBody {
  const decoded = decodeBase64(text);
  const isText = /^\s*[{[]/.test(text);
  if (saysBase64 && decoded !== null && !isText) return { bytes: decoded, note: null };
  if (saysBase64) {
    return {
      bytes: Buffer.from(text),
      note: 'the recording says base64, but the body is plain text; it is taken as that',
    };
  }
  if (decoded !== null && looksDecoded(decoded)) {
    return { bytes: decoded, note: 'the body was recorded as base64; it is decoded' };
  }
  return { bytes: Buffer.from(text), note: null };
}

/** Decodes base64 (RFC 4648 §4 and §5, with or without padding, with any white space); null for any other text. */
export function decodeBase64(text: string): Buffer | null {
  const packed = text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  const bare = packed.replace(/=+$/, '');
  if (bare.length < 2 || bare.length % 4 === 1) return null;
  return isBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')) &&
    packed.length - bare.length <= 2
    ? Buffer.from(bare, 'base64')
    : null;
}

/** Whether decoded bytes look like a payload, which shows that the text was indeed base64. */
export function looksDecoded(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 64).trimStart();
  return /^\{\s*"/.test(start) || /^\[\s*[{"]/.test(start) || start.startsWith('\u001f\u008b');
}

/** A list of bytes, a `Buffer` as JSON.stringify writes it, or a `Uint8Array`, `{"0":123,"1":34}`. */
function bytesOf(value: unknown): Buffer | null {
  if (Array.isArray(value)) {
    const isBytes = value.length > 1 && value.every(isByte);
    return isBytes ? Buffer.from(value) : null;
  }
  if (!isObject(value)) return null;
  if (value['type'] === 'Buffer' && Array.isArray(value['data'])) {
    return value['data'].every(isByte) ? Buffer.from(value['data']) : null;
  }
  const keys = Object.keys(value);
  const isArrayLike = keys.length > 1 && keys.every((key, at) => key === String(at));
  return isArrayLike ? bytesOf(Object.values(value)) : null;
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}
