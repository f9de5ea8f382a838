import type { SecretFamily } from './secret-family.ts';

/** The changes that shells, env files and Compose make to a secret. */
export const SHELL: SecretFamily = {
  reason: 'secret_altered',
  fix: 'Put the secret in single quotes where a shell, an env file or Compose reads it: $, #, ! and \\ have a meaning there.',
  vary: (text) => [
    [
      'the secret with its $NAME parts expanded to nothing',
      text.replace(/\$(?:\{\w+\}|[A-Za-z_]\w*)/g, ''),
    ],
    [
      'the secret with one character after $ expanded to nothing',
      text.replace(/\$[\w!#$*?@-]/g, ''),
    ],
    [
      'the secret with its $NAME and !event parts expanded to nothing',
      text.replace(/[$!][A-Za-z_]\w*/g, ''),
    ],
    ['the secret without its !event parts', text.replace(/!\w+/g, '')],
    ['the secret with $$ as $ (an escape of Compose)', text.replace(/\$\$/g, '$')],
    ['the secret with $ as $$ (an escape of Compose)', text.replace(/\$/g, '$$$$')],
    ['the secret with \\$ as $', text.replace(/\\\$/g, '$')],
    ['the secret with a backslash before each $', text.replace(/\$/g, '\\$')],
    ['the secret without its $', text.replace(/\$/g, '')],
    ['the secret cut at $', before(text, '$')],
    ['the secret cut at # (a comment in an env file)', before(text, '#')],
    ['the secret cut at " #" (a comment in an env file)', before(text, ' #')],
    ['the secret cut at its first space', before(text, ' ')],
    ['the secret cut at &', before(text, '&')],
    ['the secret cut at ;', before(text, ';')],
    ['the secret cut at "="', before(text, '=')],
    ['the secret after its first "="', after(text, '=')],
    ['the secret cut at a backslash', before(text, '\\')],
    ['the secret cut at a NUL', before(text, '\0')],
    ['the secret without its backslashes', text.replace(/\\(.)/gs, '$1')],
    ['the secret with doubled backslashes', text.replace(/\\/g, '\\\\')],
    [
      'the secret with a backslash before each special character',
      text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
    ],
    ['the secret without its #{…} and @name parts', text.replace(/#\{[^}]*\}|@\w+/g, '')],
    ['the secret with "-n " in front and a line feed (echo -n)', `-n ${text}\n`],
    ['the secret with "\\n" as two characters at its end', `${text}\\n`],
    ['the secret with "\\r\\n" as four characters at its end', `${text}\\r\\n`],
    ['the secret without the "\\n" at its end', text.replace(/(?:\\r)?\\n$/, '')],
    ['the secret with \\n turned into line feeds', text.replace(/\\n/g, '\n')],
    ['the secret with a NUL at its end', `${text}\0`],
  ],
};

function before(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at === -1 ? text : text.slice(0, at).trimEnd();
}

function after(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at === -1 ? text : text.slice(at + mark.length);
}

/** The changes that URLs, templates and JSON encoders make to a secret. */
export const URL_AND_MARKUP: SecretFamily = {
  reason: 'secret_altered',
  fix: 'Hand the secret on as it is: a template, a URL or a JSON encoder escaped or unescaped it on the way.',
  vary: (text) => [
    ['the secret percent-encoded', encodeURIComponent(text)],
    [
      'the secret percent-encoded in lower case',
      encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['the secret encoded as a form value', new URLSearchParams([['', text]]).toString().slice(1)],
    ['the secret with spaces for "+"', text.replace(/\+/g, ' ')],
    ['the secret with "+" for spaces', text.replace(/ /g, '+')],
    ['the secret without its "+"', text.replace(/\+/g, '')],
    ['the secret percent-decoded', decodePercent(text)],
    ['the secret decoded as a form value', decodePercent(text.replace(/\+/g, ' '))],
    ['the secret with HTML entities', escapeMarkup(text, '&#x27;')],
    ['the secret with HTML entities (&#39;)', escapeMarkup(text, '&#39;')],
    [
      'the secret with HTML entities, "=" as &#x3D;',
      escapeMarkup(text, '&#x27;')
        .replace(/=/g, '&#x3D;')
        .replace(/`/g, '&#x60;')
        .replace(/\//g, '&#x2F;'),
    ],
    [
      'the secret with HTML entities, "+" as &#43;',
      escapeMarkup(text, '&#39;').replace(/\+/g, '&#43;'),
    ],
    ['the secret with "=" as &#61;', text.replace(/=/g, '&#61;')],
    ['the secret without its HTML entities', unescapeMarkup(text)],
    ["the secret with <, >, &, ', + and = as \\u003D", unicodeEscapes(text, /[<>&'+=]/g, true)],
    ["the secret with <, >, &, ' and = as \\u003d", unicodeEscapes(text, /[<>&'=]/g, false)],
    ['the secret with "=" as \\u003d', unicodeEscapes(text, /[=]/g, false)],
    ['the secret with <, > and & as \\u003c', unicodeEscapes(text, /[<>&]/g, false)],
    [
      'the secret with its \\u escapes decoded',
      text.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      ),
    ],
    ['the secret with / as \\/', text.replace(/\//g, '\\/')],
    ['the secret with \\/ as /', text.replace(/\\\//g, '/')],
    ['the secret in braces, {{…}}', `{{${text}}}`],
  ],
};

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escapeMarkup(text: string, apostrophe: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, apostrophe);
}

function unescapeMarkup(text: string): string {
  const named: Readonly<Record<string, string>> = {
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    amp: '&',
  };
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|quot|apos|amp));/gi,
    (all, hex: string | undefined, digits: string | undefined, name: string | undefined) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? all;
      const code = hex === undefined ? Number(digits) : parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

function unicodeEscapes(text: string, pattern: RegExp, isUpper: boolean): string {
  return text.replace(pattern, (char) => {
    const digits = char.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${isUpper ? digits.toUpperCase() : digits}`;
  });
}
