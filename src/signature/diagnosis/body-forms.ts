import { decodeString, readDocument } from '../../json/document.ts';
import { STRING } from '../../json/tokeniser.ts';
import { pythonRepr } from '../../json/writers/string-style.ts';
import type { HeaderPair } from '../../request/request.ts';
import type { Reason } from '../verify.ts';
import { decodeSingleByte, decodeUtf8, encodeSingleByte } from './charsets.ts';
import { unpack } from './compression.ts';

/** A body that the MAC may cover, made from the received one without parsing JSON. */
export interface BodyForm {
  readonly reason: Reason;
  /** Completes "the signature matches …", e.g. `the body without its last line feed`. */
  readonly name: string;
  readonly bytes: Buffer;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const CHARSETS = ['latin-1', 'Windows-1252'] as const;
const FORM_FIELDS = ['payload', 'body', 'data', 'json', 'event', 'message'] as const;

/** The body as it was before something changed it in transport. Forms equal to the body are left out. */
export function transportForms(
  body: Buffer,
  headers: readonly HeaderPair[],
  { mayEncode }: { readonly mayEncode: boolean },
): BodyForm[] {
  return [
    ...lineEndForms(body),
    ...bomForms(body),
    ...unpack(body, headers).map(({ coding, bytes }) => ({
      reason: 'body_gzip' as const,
      name: `the body decompressed (${coding})`,
      bytes,
    })),
    ...formDecodedForms(body),
    ...(mayEncode ? formEncodedForms(body) : []),
    ...charsetForms(body),
  ].filter(({ bytes }) => !bytes.equals(body));
}

/** The body after each single change, in transport or in the code of a sender or receiver. */
export function bodyForms(body: Buffer, headers: readonly HeaderPair[]): BodyForm[] {
  const others = [...textForms(body), ...cutForms(body)];
  return [
    ...transportForms(body, headers, { mayEncode: true }),
    ...others.filter(({ bytes }) => !bytes.equals(body)),
  ];
}

function lineEndForms(body: Buffer): BodyForm[] {
  const text = body.toString('latin1');
  const newline = (name: string, changed: string): BodyForm => ({
    reason: 'body_trailing_newline',
    name,
    bytes: Buffer.from(changed, 'latin1'),
  });
  const crlf = (name: string, changed: string): BodyForm => ({
    reason: 'body_crlf',
    name,
    bytes: Buffer.from(changed, 'latin1'),
  });
  const lf = text.replace(/\r\n/g, '\n');
  return [
    newline('the body without its last line end', text.replace(/\r?\n$/, '')),
    newline('the body without its last line feed', text.replace(/\n$/, '')),
    newline('the body without the white space at its end', text.trimEnd()),
    newline('the body without the white space around it', text.trim()),
    newline('the body with a line feed at its end', `${text}\n`),
    newline('the body with CRLF at its end', `${text}\r\n`),
    newline('the body with a carriage return at its end', `${text}\r`),
    newline('the body with two line feeds at its end', `${text}\n\n`),
    crlf('the body with LF line ends instead of CRLF', lf),
    crlf('the body with CRLF line ends instead of LF', lf.replace(/\n/g, '\r\n')),
    crlf('the body without its line ends', text.replace(/[\r\n]+/g, '')),
  ];
}

function bomForms(body: Buffer): BodyForm[] {
  const has = body.subarray(0, 3).equals(BOM);
  return [
    has
      ? {
          reason: 'body_bom',
          name: 'the body without its byte order mark',
          bytes: body.subarray(3),
        }
      : {
          reason: 'body_bom',
          name: 'the body with a byte order mark in front',
          bytes: Buffer.concat([BOM, body]),
        },
  ];
}

function formOf(name: string, text: string): BodyForm {
  return { reason: 'body_urlencoded_form', name, bytes: Buffer.from(text, 'utf8') };
}

function formDecodedForms(body: Buffer): BodyForm[] {
  const text = body.toString('utf8');
  const forms: BodyForm[] = [];
  if (/[=%]/.test(text) && !/[\s{["]/.test(text)) {
    for (const [field, value] of new URLSearchParams(text)) {
      if (value !== '') forms.push(formOf(`the form field ${field.slice(0, 40)}, decoded`, value));
      // JSON posted as a form: the whole of it is a field's name, up to its first "=".
      if (/^[{[]/.test(field)) {
        forms.push(
          formOf('the body decoded from form encoding', value === '' ? field : `${field}=${value}`),
        );
      }
      if (forms.length > 16) break;
    }
    const plain = decodePercent(text);
    if (plain !== null) forms.push(formOf('the body percent-decoded', plain));
  }
  return forms;
}

function formEncodedForms(body: Buffer): BodyForm[] {
  // Encoding is costly, and forms of many megabytes are not posted.
  if (body.length > 2 * 1024 * 1024) return [];
  const text = body.toString('utf8');
  const forms: BodyForm[] = [];
  const plus = new URLSearchParams([['', text]]).toString().slice(1);
  const percent = encodePercent(text);
  for (const field of FORM_FIELDS) {
    forms.push(formOf(`the body as the form field ${field}`, `${field}=${plus}`));
    if (percent !== plus) {
      forms.push(
        formOf(`the body as the form field ${field} (spaces as %20)`, `${field}=${percent}`),
      );
    }
  }
  return [
    ...forms,
    formOf('the body form-encoded', plus),
    formOf('the body form-encoded with "=" at its end', `${plus}=`),
    formOf('the body percent-encoded', percent),
  ];
}

function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return null;
  }
}

function encodePercent(text: string): string {
  return encodeURIComponent(text);
}

function charsetForms(body: Buffer): BodyForm[] {
  if (!/[\u0080-\u00ff]/.test(body.toString('latin1'))) return [];
  const form = (name: string, bytes: Buffer): BodyForm => ({
    reason: 'charset_latin1',
    name,
    bytes,
  });
  const text = decodeUtf8(body);
  if (text === null) {
    return [
      ...CHARSETS.map((charset) =>
        form(
          `the body turned from ${charset} into UTF-8`,
          Buffer.from(decodeSingleByte(body, charset), 'utf8'),
        ),
      ),
      form(
        'the body read as UTF-8, with U+FFFD for what is not',
        Buffer.from(body.toString('utf8'), 'utf8'),
      ),
    ];
  }
  const inner = CHARSETS.map((charset) => {
    const bytes = encodeSingleByte(text, charset);
    const wasTwice = decodeUtf8(bytes) !== null;
    return form(
      wasTwice
        ? `the body without its second encoding as UTF-8 (read as ${charset})`
        : `the body in ${charset} instead of UTF-8`,
      bytes,
    );
  });
  const outer = CHARSETS.map((charset) =>
    form(
      `the body's UTF-8 read as ${charset} and encoded as UTF-8 again`,
      Buffer.from(decodeSingleByte(body, charset), 'utf8'),
    ),
  );
  return [...inner, ...outer];
}

/** Texts that code signs by mistake instead of the bytes. */
function textForms(body: Buffer): BodyForm[] {
  const form = (name: string, text: string): BodyForm => ({
    reason: 'body_reserialized',
    name,
    bytes: Buffer.from(text, 'utf8'),
  });
  const text = body.toString('utf8');
  const inner = encodedTwice(body);
  return [
    form('the text "[object Object]" (an object turned into a string)', '[object Object]'),
    form('an empty JSON object, "{}"', '{}'),
    form('the text "undefined"', 'undefined'),
    form('the text "null"', 'null'),
    form('the body as a JSON string (encoded twice)', JSON.stringify(text)),
    form('the body in base64', body.toString('base64')),
    form('the body in hex', body.toString('hex')),
    ...(text.length > 256 * 1024
      ? []
      : [form("Python's str() of the bytes, b'…'", `b${bytesRepr(body)}`)]),
    ...(inner === null ? [] : [form('the JSON inside the JSON string', inner)]),
    ...base64DecodedForms(body),
    ...(LONG_MARKS.test(text)
      ? []
      : [
          form('the body in Unicode form NFC', text.normalize('NFC')),
          form('the body in Unicode form NFD', text.normalize('NFD')),
        ]),
  ];
}

/** More marks on one character than any language has (UAX #15, stream-safe text); to normalise them is quadratic. */
const LONG_MARKS = /\p{M}{31}/u;

function base64DecodedForms(body: Buffer): BodyForm[] {
  if (body.length < 8) return [];
  const text = body.toString('latin1');
  const bytes = Buffer.from(text, 'base64');
  // Decoding skips what is not base64, so encoding again shows it. (A regular expression needs a deep stack.)
  const again = bytes.toString('base64');
  if (again !== text && again.replace(/={1,2}$/, '') !== text) return [];
  return [{ reason: 'body_reserialized', name: 'the body decoded from base64', bytes }];
}

function encodedTwice(body: Buffer): string | null {
  if (body[0] !== 0x22) return null;
  const document = readDocument(body);
  return document?.kinds[0] === STRING ? decodeString(document, 0) : null;
}

/** `repr(bytes)` without its `b`: everything beyond printable ASCII as `\xNN`. */
function bytesRepr(body: Buffer): string {
  const text = pythonRepr(body.toString('latin1'));
  return text.replace(/[\u00a1-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

/** A body that was not read, or that was cut here. Other cuts are found by trying all prefixes. */
function cutForms(body: Buffer): BodyForm[] {
  const forms: BodyForm[] = [
    { reason: 'body_truncated', name: 'an empty body (nothing was read)', bytes: Buffer.alloc(0) },
  ];
  const cut = readDocument(body, { allowCut: true });
  if (cut !== null && cut.missing !== '' && cut.missing.length <= 64) {
    const bytes = Buffer.concat([body, Buffer.from(cut.missing)]);
    forms.push({
      reason: 'body_truncated',
      name: `the body with the missing ${cut.missing} at its end`,
      bytes,
    });
  }
  return forms;
}
