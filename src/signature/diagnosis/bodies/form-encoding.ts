import { headerValues, type HeaderPair } from '../../../request/request.ts';
import { type BodyForm, formMaker } from './form.ts';

const FORM_FIELDS = ['payload', 'body', 'data', 'json', 'event', 'message'] as const;
/** Larger bodies are not encoded: encoding is slow, and nobody posts forms of many megabytes. */
const MAX_FORM_BYTES = 2 * 1024 * 1024;

const form = formMaker('body_urlencoded_form');
const inner = formMaker('body_urlencoded_form', { isInner: true });

/** If the received body is a form, the value of each of its fields. */
export function formDecodedForms(body: Buffer, headers: readonly HeaderPair[]): BodyForm[] {
  const text = body.toString('utf8');
  const forms: BodyForm[] = [...multipartForms(body, headers)];
  if (!/[=%]/.test(text) || /[\s{["]/.test(text)) return forms;
  for (const [field, value] of new URLSearchParams(text)) {
    if (value !== '') forms.push(inner(`the form field ${field.slice(0, 40)}, decoded`, value));
    // JSON posted as a form: the parser takes the text before its first "=" for the name of a field.
    if (/^[{[]/.test(field)) {
      forms.push(
        inner('the body decoded from form encoding', value === '' ? field : `${field}=${value}`),
        form(
          'a form parser\'s object {"<body>":"…"} as JSON.stringify writes it',
          JSON.stringify({ [field]: value }),
        ),
      );
    }
    if (forms.length > 16) break;
  }
  const plain = decodePercent(text.replace(/\+/g, ' '));
  if (plain !== null) forms.push(inner('the body percent-decoded', plain));
  forms.push(
    form(
      "a form parser's object as JSON.stringify writes it",
      JSON.stringify(Object.fromEntries(new URLSearchParams(text))),
    ),
    form('the form with spaces as "+"', text.replace(/%20/g, '+')),
    form('the form with spaces as %20', text.replace(/\+/g, '%20')),
    form(
      'the form with the digits of its escapes in lower case',
      text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    ),
    form(
      'the form with the digits of its escapes in upper case',
      text.replace(/%[0-9a-f]{2}/g, (code) => code.toUpperCase()),
    ),
    form('the form as a form parser writes it again', new URLSearchParams(text).toString()),
  );
  return forms;
}

/** The parts of multipart/form-data (RFC 7578). */
function multipartForms(body: Buffer, headers: readonly HeaderPair[]): BodyForm[] {
  const type = headerValues(headers, 'Content-Type').join(';');
  const boundary =
    /boundary="?([^";]{1,200})"?/i.exec(type)?.[1] ??
    /^--([^\r\n]{1,200})\r?\n/.exec(body.toString('latin1', 0, 256))?.[1];
  if (boundary === undefined) return [];
  const parts = body.toString('latin1').split(`--${boundary}`).slice(1, 17);
  return parts.flatMap((part): BodyForm[] => {
    const found = /^\r?\n((?:[^\r\n]+\r?\n)*)\r?\n([^]*?)\r?\n$/.exec(part);
    if (found === null) return [];
    const name = /name="([^"]{0,40})"/.exec(found[1] ?? '')?.[1] ?? '';
    return [
      inner(`the part "${name}" of the multipart form`, Buffer.from(found[2] ?? '', 'latin1')),
    ];
  });
}

/** The body as a form that an HTTP client made of it. */
export function formEncodedForms(body: Buffer): BodyForm[] {
  if (body.length > MAX_FORM_BYTES) return [];
  const text = body.toString('utf8');
  const forms: BodyForm[] = [];
  const plus = new URLSearchParams([['', text]]).toString().slice(1);
  const percent = encodePercent(text);
  for (const field of FORM_FIELDS) {
    forms.push(form(`the body as the form field ${field}`, `${field}=${plus}`));
    if (percent !== plus) {
      forms.push(
        form(`the body as the form field ${field} (spaces as %20)`, `${field}=${percent}`),
      );
    }
  }
  return [
    ...forms,
    form('the body form-encoded', plus),
    form('the body form-encoded with "=" at its end', `${plus}=`),
    form('the body percent-encoded', percent),
    form(
      'the object {"<body>":""} that a form parser makes of the body, as JSON.stringify writes it',
      JSON.stringify({ [text]: '' }),
    ),
    form(
      "the object {'<body>': ''} that a form parser makes of the body, as Python json.dumps writes it",
      `{${JSON.stringify(text)}: ""}`,
    ),
    ...formParserObject(text),
  ];
}

/** The object that a form parser makes of a JSON body: it splits the text at `&` and `=`. */
function formParserObject(text: string): BodyForm[] {
  if (!/[&=]/.test(text)) return [];
  const object = Object.fromEntries(new URLSearchParams(text));
  return [
    form(
      'the object that a form parser makes of the body, as JSON.stringify writes it',
      JSON.stringify(object),
    ),
  ];
}

function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function encodePercent(text: string): string {
  return encodeURIComponent(text);
}
