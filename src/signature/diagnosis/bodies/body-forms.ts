import type { JsonDocument } from '../../../json/document.ts';
import { readDocument } from '../../../json/document.ts';
import type { HeaderPair } from '../../../request/request.ts';
import {
  constantForms,
  bytesAsTextForms,
  encodedTwiceForms,
  textAsBytesForms,
} from './bytes-as-text.ts';
import { latin1Forms, replacedForms, unicodeForms, utf16Forms } from './charset-forms.ts';
import { unpack } from './compression.ts';
import { copiedForms } from './copies.ts';
import { type BodyForm, formMaker } from './form.ts';
import { formDecodedForms, formEncodedForms } from './form-encoding.ts';
import { bomForms, lineEndForms } from './line-ends.ts';
import { printedForms, printedHereForms } from './printed.ts';
import { unwrappedForms } from './wrapped.ts';

/** Above this size, writing every form of the body takes longer than the rest of the search. */
const SMALL_BODY_BYTES = 128 * 1024;

const gzip = formMaker('body_gzip', { isInner: true });

/** The body as it was before something changed it in transport. Forms equal to the body are left out. */
export function transportForms(
  body: Buffer,
  headers: readonly HeaderPair[],
  { mayEncode }: { readonly mayEncode: boolean },
): BodyForm[] {
  return [
    ...lineEndForms(body),
    ...bomForms(body),
    ...unpack(body, headers).map(({ coding, bytes }) =>
      gzip(`the body decompressed (${coding})`, bytes),
    ),
    ...formDecodedForms(body, headers),
    ...(mayEncode && body.length <= SMALL_BODY_BYTES ? formEncodedForms(body) : []),
    ...latin1Forms(body),
  ].filter(({ bytes }) => !bytes.equals(body));
}

/** The body after each single change, in transport or in the code of a sender or receiver. */
export function bodyForms(
  body: Buffer,
  headers: readonly HeaderPair[],
  document: JsonDocument | null,
): BodyForm[] {
  const others = [
    ...emptyForms(),
    ...(document === null ? closedForms(body) : []),
    ...constantForms(),
    ...textAsBytesForms(body),
    ...(document === null ? printedHereForms(body) : unwrappedForms(body, document)),
    ...encodedTwiceForms(body),
    ...bytesAsTextForms(body),
    ...utf16Forms(body),
    ...unicodeForms(body),
    ...(body.length > SMALL_BODY_BYTES
      ? []
      : [
          ...copiedForms(body, document !== null),
          ...replacedForms(body),
          ...quotedNumberForms(body),
        ]),
    ...(document === null ? [] : printedForms(document)),
  ];
  return [
    ...transportForms(body, headers, { mayEncode: true }),
    ...others.filter(({ bytes }) => !bytes.equals(body)),
  ];
}

const quoted = formMaker('body_reserialized', {
  fix: 'Verify the raw bytes before anything rewrites them; a regular expression over JSON also changes what is inside its strings.',
});

/** Numbers put in quotes by a regular expression, which also changes numbers inside strings. */
function quotedNumberForms(body: Buffer): BodyForm[] {
  const text = body.toString('latin1');
  return [
    quoted(
      'the body with each number after a colon in quotes, inside strings too',
      Buffer.from(text.replace(/:(\d+\.?\d*)/g, ':"$1"'), 'latin1'),
    ),
    quoted(
      'the body with each number after a colon and space in quotes, inside strings too',
      Buffer.from(text.replace(/:(\s*)(-?\d+(?:\.\d+)?)/g, ':$1"$2"'), 'latin1'),
    ),
  ];
}

const cut = formMaker('body_truncated');

/** The bodies that code signs when it has read no body. */
function emptyForms(): BodyForm[] {
  return [
    {
      ...cut(
        'an empty body (nothing was read, or the digest was taken before the body was added)',
        Buffer.alloc(0),
      ),
      fix: 'Read the body once and add it before the digest is taken: in Go `mac.Write(body)` comes before `mac.Sum(nil)`; in Node, no other middleware may have read the stream.',
    },
  ];
}

/** A truncated body with its brackets closed. Signatures of a truncated body are found by trying all prefixes. */
function closedForms(body: Buffer): BodyForm[] {
  const document = readDocument(body, { allowCut: true });
  if (document === null || document.missing === '' || document.missing.length > 64) return [];
  const bytes = Buffer.concat([body, Buffer.from(document.missing)]);
  return [
    {
      ...cut(`the body with the missing ${document.missing} at its end`, bytes),
      isInner: true,
    },
  ];
}
