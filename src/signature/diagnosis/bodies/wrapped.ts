import { decodeString, type JsonDocument, topLevelText } from '../../../json/document.ts';
import { KEY, OPEN_ARRAY, OPEN_OBJECT, STRING } from '../../../json/tokeniser.ts';
import { type BodyForm, formMaker } from './form.ts';

const inner = formMaker('body_wrapped', {
  fix: "Verify the body inside, as bytes: the text here is an envelope that holds it. In AWS Lambda this is `event.body`, decoded with `Buffer.from(event.body, 'base64')` where `event.isBase64Encoded` is true.",
  isInner: true,
});

/** The most values of a document that are tried as the wrapped webhook. */
const MAX_VALUES = 40;
const MIN_LENGTH = 2;

/** The strings and objects of an envelope that may be the wrapped webhook. */
export function unwrappedForms(body: Buffer, document: JsonDocument): BodyForm[] {
  // This is a webhook, not an envelope. `partsOf` tries the parts of a webhook.
  if (topLevelText(document, 'event') !== null) return [];
  const forms: BodyForm[] = [];
  for (const token of document.kinds.keys()) {
    if (forms.length >= MAX_VALUES) break;
    if (token === 0) continue;
    const kind = document.kinds[token];
    const name = nameOf(document, token);
    if (kind === OPEN_OBJECT || kind === OPEN_ARRAY) {
      const end = document.ends[document.closes[token] ?? token];
      forms.push(
        inner(`the JSON of ${name} in the body here`, body.subarray(document.starts[token], end)),
      );
    } else if (kind === STRING) {
      const value = decodeString(document, token);
      if (value.length < MIN_LENGTH) continue;
      if (/^\s*[{["]/.test(value)) forms.push(inner(`the text of ${name} in the body here`, value));
      else if (isBase64(value)) {
        forms.push(
          inner(
            `the text of ${name} in the body here, decoded from base64`,
            Buffer.from(value, 'base64'),
          ),
        );
      }
    }
  }
  return forms;
}

/** The path of a value within its closest member: `body`, `an item of records`. */
function nameOf({ kinds, starts, text, ends }: JsonDocument, token: number): string {
  if (kinds[token - 1] === KEY) return text.slice(starts[token - 1], ends[token - 1]).slice(0, 42);
  return 'an item';
}

function isBase64(text: string): boolean {
  if (text.length < 16) return false;
  const compact = text.replace(/\s+/g, '');
  const again = Buffer.from(compact, 'base64').toString('base64');
  return (
    again.replace(/=+$/, '') === compact.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '')
  );
}
