import { inspect } from 'node:util';
import { decodeString, readDocument } from '../../../json/document.ts';
import { STRING } from '../../../json/tokeniser.ts';
import { pythonRepr } from '../../../json/writers/string-style.ts';
import { type BodyForm, formMaker } from './form.ts';

/** Larger bodies are not written as a list of bytes, which is several times as long. */
const MAX_LISTED_BYTES = 32 * 1024;

const NODE_BYTES =
  "Pass the Buffer itself to update(), without JSON.stringify, String() or a template around it; in Express, `express.raw({ type: () => true, limit: '10mb' })` leaves request.body a Buffer.";
const WEB_BYTES =
  'Await the body first, `Buffer.from(await request.arrayBuffer())`, and pass that Buffer to update().';
const PYTHON_BYTES =
  'Pass the bytes themselves to hmac.new, as `request.get_data()` or `await request.body()` give them, not str() of them.';
const DECODE =
  "Decode the body to its bytes before the HMAC is computed; an event of API Gateway says isBase64Encoded, then `Buffer.from(event.body, 'base64')` gives them.";

const base64 = formMaker('body_encoded', {
  fix: 'Compute the HMAC over the bytes of the body, not over their base64 text.',
});
const hex = formMaker('body_encoded', {
  fix: 'Compute the HMAC over the bytes of the body, not over their hex text.',
});
const node = formMaker('body_encoded', { fix: NODE_BYTES });
const python = formMaker('body_encoded', { fix: PYTHON_BYTES });
const other = formMaker('body_encoded', {
  fix: 'Pass the bytes of the body to the HMAC, not a printed list of them.',
});
const inner = formMaker('body_encoded', { fix: DECODE, isInner: true });

/** The text forms of the body's bytes that code signs by mistake, e.g. base64. */
export function bytesAsTextForms(body: Buffer): BodyForm[] {
  return [
    base64('the body in base64', body.toString('base64')),
    hex('the body in hex', body.toString('hex')),
    ...(body.length > MAX_LISTED_BYTES ? [] : [...base64Forms(body), ...listedForms(body)]),
  ];
}

function base64Forms(body: Buffer): BodyForm[] {
  const encoded = body.toString('base64');
  return [
    base64('the body in base64url', body.toString('base64url')),
    base64('the body in base64 without "="', encoded.replace(/=+$/, '')),
    base64('the body in base64 with a line feed at its end', `${encoded}\n`),
    base64('the body in base64, lines of 76 characters', lines(encoded, '\n')),
    base64('the body in base64, lines of 76 characters and CRLF', lines(encoded, '\r\n')),
    base64('the body in base64 as a JSON string', JSON.stringify(encoded)),
    hex('the body in upper-case hex', body.toString('hex').toUpperCase()),
  ];
}

function listedForms(body: Buffer): BodyForm[] {
  const bytes = [...body];
  const list = bytes.join(',');
  const spaced = bytes.join(', ');
  const signed = bytes.map((byte) => (byte < 128 ? byte : byte - 256)).join(', ');
  const repr = `b${bytesRepr(body)}`;
  const view = new Uint8Array(body);
  return [
    node('the numbers of its bytes, joined by commas (a Uint8Array turned into text)', list),
    node(
      'the JSON of a Buffer, {"type":"Buffer","data":[…]} (JSON.stringify of a Buffer)',
      `{"type":"Buffer","data":[${list}]}`,
    ),
    node(
      'the JSON of a Uint8Array, {"0":123,…} (JSON.stringify of a Uint8Array)',
      `{${bytes.map((byte, at) => `"${at}":${byte}`).join(',')}}`,
    ),
    node(
      'the JSON list of its bytes, [123,34,…] (JSON.stringify of an array of bytes)',
      `[${list}]`,
    ),
    node('a Buffer as util.inspect prints it, <Buffer 7b 22 …>', inspect(body)),
    node('a Uint8Array as util.inspect prints it', inspect(view)),
    node('an ArrayBuffer as util.inspect prints it', inspect(view.buffer)),
    python("Python's str() of the bytes, b'…'", repr),
    python("Python's str() of a bytearray, bytearray(b'…')", `bytearray(${repr})`),
    python("Python's str() of a list of its bytes, [123, 34, …]", `[${spaced}]`),
    python("Python's str() of a memoryview's list, as JSON", `{"data": [${spaced}]}`),
    other('the bytes as Go prints a slice, [123 34 …]', `[${bytes.join(' ')}]`),
    other('the bytes as Java prints an array, with signs', `[${signed}]`),
    other('the numbers of its bytes, joined by spaces', bytes.join(' ')),
    other('the numbers of its bytes, joined by a comma and a space', spaced),
    other(
      'the bytes as .NET prints them, 7B-22-…',
      bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('-'),
    ),
    other(
      'the bytes in hex, with spaces',
      bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
    ),
  ];
}

function lines(encoded: string, newline: string): string {
  return encoded.replace(/.{76}(?=.)/g, (line) => `${line}${newline}`);
}

const constant = formMaker('body_reserialized', { fix: NODE_BYTES });
const promise = formMaker('body_reserialized', { fix: WEB_BYTES });
const elsewhere = formMaker('body_reserialized', {
  fix: 'Pass the raw bytes of the body to the HMAC, not a printed object.',
});

const CONSTANTS: readonly BodyForm[] = [
  constant('the text "[object Object]" (an object turned into a string)', '[object Object]'),
  constant('an empty JSON object, "{}"', '{}'),
  constant('an empty JSON array, "[]"', '[]'),
  constant('the text "undefined"', 'undefined'),
  constant('the text "null"', 'null'),
  constant('an empty JSON string, ""', '""'),
  promise('the text "[object Promise]" (a promise that was not awaited)', '[object Promise]'),
  promise(
    'the text "[object ArrayBuffer]" (an ArrayBuffer turned into a string)',
    '[object ArrayBuffer]',
  ),
  promise(
    'the text "[object ReadableStream]" (a stream turned into a string)',
    '[object ReadableStream]',
  ),
  promise('the text "[object Blob]" (a Blob turned into a string)', '[object Blob]'),
  promise('the text "[object Request]" (the request turned into a string)', '[object Request]'),
  promise('the text "[object FormData]" (a form turned into a string)', '[object FormData]'),
  promise('the text "[object URLSearchParams]"', '[object URLSearchParams]'),
  promise('the text "[object Uint8Array]"', '[object Uint8Array]'),
  promise('the text "[object DataView]"', '[object DataView]'),
  promise('the text "[object Map]"', '[object Map]'),
  promise('the text "[object AsyncGenerator]"', '[object AsyncGenerator]'),
  promise('the text "[object Undefined]"', '[object Undefined]'),
  promise('the text "[object Null]"', '[object Null]'),
  promise(
    'the source of the function text() (it was not called)',
    'function text() { [native code] }',
  ),
  promise(
    'the text "Promise { <pending> }" (a promise that was not awaited)',
    'Promise { <pending> }',
  ),
  constant('the text "[object IncomingMessage]"', '[object IncomingMessage]'),
  constant('the JSON of an empty Buffer', '{"type":"Buffer","data":[]}'),
  elsewhere('the text "None" (Python)', 'None'),
  elsewhere("the text \"b''\" (Python's str() of empty bytes)", "b''"),
  elsewhere('the text "Array" (a PHP array turned into a string)', 'Array'),
  elsewhere('the text "nil"', 'nil'),
  elsewhere('the text "<nil>" (Go)', '<nil>'),
  elsewhere('the text "System.Byte[]" (.NET)', 'System.Byte[]'),
  elsewhere('the text "System.IO.MemoryStream" (.NET)', 'System.IO.MemoryStream'),
  elsewhere('the text "System.Text.Json.JsonElement" (.NET)', 'System.Text.Json.JsonElement'),
  elsewhere('the text "System.Object" (.NET)', 'System.Object'),
  elsewhere('the text "{}" of a printed map (Go: map[])', 'map[]'),
];

/** Texts that code signs in place of the body; the same for every body. */
export function constantForms(): readonly BodyForm[] {
  return CONSTANTS;
}

/** Python's `repr(bytes)` without the leading `b`: everything beyond printable ASCII as `\xNN`. */
function bytesRepr(body: Buffer): string {
  const text = pythonRepr(body.toString('latin1'));
  return text.replace(/[\u00a1-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

/** The bodies that result from decoding the received body. */
export function textAsBytesForms(body: Buffer): BodyForm[] {
  if (body.length < 8) return [];
  const text = body.toString('latin1').trim();
  return [
    ...base64DecodedForms(text),
    ...hexDecodedForms(text),
    ...listDecodedForms(text),
    ...reprDecodedForms(text),
    ...jsonStringForms(body),
  ];
}

const DATA_URL = /^data:[\w.+/-]*(?:;[\w.=-]+)*;base64,/i;

function base64DecodedForms(text: string): BodyForm[] {
  const wrapped = /^(["'`])([^]*)\1$/.exec(text)?.[2] ?? text;
  const url = DATA_URL.exec(wrapped)?.[0];
  const encoded = wrapped.slice(url?.length ?? 0).replace(/(?:\\[rn]|\s)+/g, '');
  if (encoded.length < 8) return [];
  const bytes = Buffer.from(encoded, 'base64');
  // Node's decoder skips characters that are not base64; encoding again shows whether there were any.
  // (A regular expression would overflow the stack on a large body.)
  const again = bytes.toString('base64');
  const given = encoded.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  if (again.replace(/={1,2}$/, '') !== given) return [];
  const from = url === undefined ? 'base64' : 'the base64 of a data URL';
  return [inner(`the body decoded from ${from}`, bytes)];
}

function hexDecodedForms(text: string): BodyForm[] {
  if (!/^(?:0x|\\x)?[0-9a-fA-F]{2}[^]*[0-9a-fA-F]{2}$/.test(text)) return [];
  const digits = text.replace(/0x|\\x|[\s,:-]+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) return [];
  return [inner('the body decoded from hex', Buffer.from(digits, 'hex'))];
}

/** `123,34`, `[123, 34]`, `[123 34]`, `{"type":"Buffer","data":[…]}`, `{"0":123,…}`. */
function listDecodedForms(text: string): BodyForm[] {
  const list =
    /^\{\s*"type"\s*:\s*"Buffer"\s*,\s*"data"\s*:\s*\[([^\]]*)\]\s*\}$/.exec(text)?.[1] ??
    /^(?:Uint8Array\(\d+\)\s*)?\[([^\]]*)\]$/.exec(text)?.[1] ??
    (/^\{\s*"0"\s*:/.test(text) ? text.slice(1, -1).replace(/"\d+"\s*:/g, '') : text);
  if (!/^\s*-?\d{1,3}(?:[\s,]+-?\d{1,3})+\s*$/.test(list.slice(0, 4096))) return [];
  const numbers = list
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  if (numbers.some((number) => !(number >= -128 && number <= 255))) return [];
  return [inner('the body made again from the numbers of its bytes', Buffer.from(numbers))];
}

/** `b'…'` and `<Buffer 7b 22>`. */
function reprDecodedForms(text: string): BodyForm[] {
  const dump = /^<Buffer((?: [0-9a-f]{2})+)>$/.exec(text)?.[1];
  if (dump !== undefined) {
    return [
      inner(
        'the body made again from an inspected Buffer',
        Buffer.from(dump.replace(/ /g, ''), 'hex'),
      ),
    ];
  }
  const repr = /^(?:bytearray\()?b(["'])([^]*)\1\)?$/.exec(text)?.[2];
  if (repr === undefined) return [];
  const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  const bytes = repr.replace(
    /\\(?:x([0-9a-fA-F]{2})|([^]))/g,
    (_, code: string | undefined, char: string) =>
      code === undefined ? (named[char] ?? char) : String.fromCharCode(parseInt(code, 16)),
  );
  return [inner("the body inside Python's b'…'", Buffer.from(bytes, 'latin1'))];
}

const twice = formMaker('body_encoded', {
  fix: 'Parse the JSON once: JSON.stringify was called on what is already JSON text.',
});

/** The value of a body that is one JSON string: the payload was encoded twice. */
function jsonStringForms(body: Buffer): BodyForm[] {
  if (!/^\s*"/.test(body.toString('latin1', 0, 64))) return [];
  const document = readDocument(body);
  if (document?.kinds[0] !== STRING) return [];
  return [
    { ...twice('the JSON inside the JSON string', decodeString(document, 0)), isInner: true },
  ];
}

/** The body as a JSON string. */
export function encodedTwiceForms(body: Buffer): BodyForm[] {
  const text = body.toString('utf8');
  const once = JSON.stringify(text);
  const forms = [twice('the body as a JSON string (encoded twice)', once)];
  if (text.length < MAX_LISTED_BYTES) {
    forms.push(
      twice('the body as a JSON string, / as \\/', once.replace(/\//g, '\\/')),
      twice(
        'the body as a JSON string in ASCII',
        once.replace(
          /[\u0080-\uffff]/g,
          (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
        ),
      ),
      twice('the body as a JSON string of a JSON string', JSON.stringify(once)),
      twice('the body with escaped quotes, without quotes around it', once.slice(1, -1)),
    );
  }
  return forms;
}
