import { decodeEntities, XML_ENTITIES } from '../../../html-entities.ts';
import { type BodyForm, formMaker } from './form.ts';

/** Larger bodies are not taken for a copy: people do not copy many megabytes by hand. */
const MAX_COPY_BYTES = 1024 * 1024;

const RAW =
  'Verify the raw bytes instead of this copy: `relyable webhooks listen` keeps them, and `relyable webhooks verify last` reads them.';

const encoded = formMaker('body_encoded', { fix: RAW, isInner: true });
const wrapped = formMaker('body_wrapped', { fix: RAW, isInner: true });
const replaced = formMaker('charset_other', { fix: RAW, isInner: true });

/**
 * The original body, if the received one is a copy that a page, a log or an editor changed. In a JSON
 * object, escapes are not undone: there they belong to the strings.
 */
export function copiedForms(body: Buffer, isJson: boolean): BodyForm[] {
  if (body.length > MAX_COPY_BYTES) return [];
  const text = body.toString('utf8');
  const trimmed = text.trim();
  const forms: BodyForm[] = [];
  const quoted = /^(["'`])([^]*)\1[;,]?$/.exec(trimmed);
  if (quoted !== null)
    forms.push(wrapped('the body without the quotes around it', quoted[2] ?? ''));
  const isObject = isJson && quoted === null;
  if (!isObject && /\\["'\\/nrtu]/.test(text)) forms.push(...unescapedForms(trimmed, quoted?.[2]));
  if (/<[a-z!/]/i.test(text)) {
    const plain = text.replace(/<br\s*\/?>/gi, '\n').replace(/<\/?[a-z!][^>]*>/gi, '');
    forms.push(
      wrapped('the body without the HTML tags in it', plain.trim()),
      wrapped(
        'the body without the HTML tags and entities in it',
        decodeEntities(plain, ENTITIES).trim(),
      ),
    );
  }
  if (/&(?:#\d+|#x[0-9a-f]+|[a-z]+);/i.test(text)) {
    forms.push(encoded('the body without its HTML entities', decodeEntities(text, ENTITIES)));
  }
  if (/[\u00a0\u2018-\u201e\u2026\u200b\u2013\u2014]/.test(text)) forms.push(...plainForms(text));
  forms.push(...betweenForms(trimmed));
  return forms;
}

function unescapedForms(text: string, quoted: string | undefined): BodyForm[] {
  const forms = [encoded('the body with its backslash escapes undone', unescape(text))];
  if (quoted !== undefined) {
    forms.push(
      encoded('the body without the quotes around it and its backslash escapes', unescape(quoted)),
    );
  }
  return [
    ...forms,
    encoded('the body with \\" as "', text.replace(/\\"/g, '"')),
    encoded('the body with \\\\" as \\"', unescape(unescape(text))),
  ];
}

function unescape(text: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|([^u]))/g,
    (_, hex: string | undefined, char: string) =>
      hex === undefined ? (named[char] ?? char) : String.fromCharCode(parseInt(hex, 16)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...XML_ENTITIES,
  nbsp: '\u00a0',
  ndash: '–',
  mdash: '—',
  lbrace: '{',
  rbrace: '}',
  lcub: '{',
  rcub: '}',
  lbrack: '[',
  lsqb: '[',
  rsqb: ']',
  colon: ':',
  comma: ',',
};

/** Typographic quotes and spaces that an editor or a chat put in the place of plain ones. */
function plainForms(text: string): BodyForm[] {
  const quotes = text.replace(/[\u201c-\u201f]/g, '"').replace(/[\u2018-\u201b]/g, "'");
  const spaces = (from: string): string => from.replace(/\u00a0/g, ' ').replace(/\u200b/g, '');
  return [
    replaced('the body with plain quotes instead of typographic ones', quotes),
    replaced('the body with spaces instead of no-break spaces', spaces(text)),
    replaced('the body with plain quotes and spaces', spaces(quotes)),
    replaced(
      'the body with plain quotes, spaces, dashes and dots',
      spaces(quotes)
        .replace(/[\u2013\u2014]/g, '-')
        .replace(/\u2026/g, '...'),
    ),
    replaced(
      'the body with plain quotes, spaces, and -- for a dash',
      spaces(quotes)
        .replace(/[\u2013\u2014]/g, '--')
        .replace(/\u2026/g, '...'),
    ),
  ];
}

/** The JSON in a log line, a command or an assignment: from the first bracket to the last. */
function betweenForms(text: string): BodyForm[] {
  const start = text.search(/[{[]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1;
  if (start === -1 || end <= start) return [];
  const forms: BodyForm[] = [];
  if (start > 0 || end < text.length) {
    const around =
      start > 0 && end < text.length
        ? 'in front of it and after it'
        : start > 0
          ? 'in front of it'
          : 'after it';
    forms.push(wrapped(`the JSON without the text ${around}`, text.slice(start, end)));
  }
  const object = text.indexOf('{');
  if (object > start)
    forms.push(
      wrapped(
        'the JSON without the text in front of it',
        text.slice(object, text.lastIndexOf('}') + 1),
      ),
    );
  const event = text.indexOf('{"event"');
  if (event > 0 && event !== object)
    forms.push(wrapped('the JSON from {"event" on', text.slice(event, end)));
  return forms;
}
