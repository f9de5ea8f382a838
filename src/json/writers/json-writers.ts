import type { WhitespaceName } from './layout.ts';
import type { MemberOrder } from './member-order.ts';
import type { NumberStyleName } from './number-style.ts';
import type { StringStyleName } from './string-style.ts';

/** How one call of one JSON library writes a document. */
export interface JsonWriter {
  /** Library and call, e.g. `Python json.dumps(sort_keys=True)`. */
  readonly name: string;
  readonly order: MemberOrder;
  readonly whitespace: WhitespaceName;
  readonly strings: StringStyleName;
  readonly numbers: NumberStyleName;
}

type Choice<T> = readonly [name: string, value: T];

function javaScript(): JsonWriter[] {
  const calls: Choice<WhitespaceName>[] = [
    ['JSON.stringify', 'compact'],
    ['JSON.stringify(…, null, 2)', 'indent2'],
    ['JSON.stringify(…, null, 4)', 'indent4'],
    ["JSON.stringify(…, null, '\\t')", 'tabs'],
  ];
  return calls.flatMap(([name, whitespace]) => [
    { name, order: 'javascript', whitespace, strings: 'plain', numbers: 'javascript' } as const,
    {
      name: `${name} of an object with sorted keys`,
      order: 'sorted',
      whitespace,
      strings: 'plain',
      numbers: 'javascript',
    } as const,
    {
      name: `${name} of an object with its keys in reverse`,
      order: 'reversed',
      whitespace,
      strings: 'plain',
      numbers: 'javascript',
    } as const,
  ]);
}

function python(): JsonWriter[] {
  const layouts: Choice<WhitespaceName>[] = [
    ['', 'spaced'],
    ["separators=(',', ':')", 'compact'],
    ['indent=2', 'indent2'],
    ['indent=4', 'indent4'],
  ];
  const strings: Choice<StringStyleName>[] = [
    ['', 'ascii'],
    ['ensure_ascii=False', 'plain'],
  ];
  const orders: Choice<MemberOrder>[] = [
    ['', 'insertion'],
    ['sort_keys=True', 'sorted'],
  ];
  const dumps = layouts.flatMap(([layout, whitespace]) =>
    strings.flatMap(([ascii, style]) =>
      orders.flatMap(([sorting, order]): JsonWriter[] => {
        const flags = [ascii, layout, sorting].filter((flag) => flag !== '').join(', ');
        const name = `Python json.dumps${flags === '' ? '' : `(${flags})`}`;
        const writer: JsonWriter = { name, order, whitespace, strings: style, numbers: 'python' };
        return [
          writer,
          { ...writer, name: `${name} with scores as floats`, numbers: 'decimalFields' },
        ];
      }),
    ),
  );
  return [
    ...dumps,
    // Pydantic's model_dump_json, orjson: compact, UTF-8, scores that are floats keep their point.
    {
      name: 'Pydantic model_dump_json',
      order: 'insertion',
      whitespace: 'compact',
      strings: 'plain',
      numbers: 'decimalFields',
    },
    {
      name: 'Python str() of a dict',
      order: 'insertion',
      whitespace: 'spaced',
      strings: 'pythonRepr',
      numbers: 'python',
    },
  ];
}

function php(): JsonWriter[] {
  const strings: Choice<StringStyleName>[] = [
    ['', 'php'],
    ['JSON_UNESCAPED_SLASHES', 'phpSlashes'],
    ['JSON_UNESCAPED_UNICODE', 'phpUnicode'],
    ['JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE', 'lines'],
    ['JSON_HEX_TAG | JSON_HEX_APOS | JSON_HEX_AMP | JSON_HEX_QUOT', 'phpHex'],
  ];
  const layouts: Choice<WhitespaceName>[] = [
    ['', 'compact'],
    ['JSON_PRETTY_PRINT', 'indent4'],
  ];
  const numbers: Choice<NumberStyleName>[] = [
    ['', 'php'],
    ['JSON_PRESERVE_ZERO_FRACTION', 'phpFraction'],
    ['serialize_precision=17', 'phpPrecision'],
    ['serialize_precision=17, JSON_PRESERVE_ZERO_FRACTION', 'phpPrecisionFraction'],
  ];
  return layouts.flatMap(([layout, whitespace]) =>
    numbers.flatMap(([fraction, number]) =>
      strings.map(([escapes, style]): JsonWriter => {
        const flags = [escapes, layout, fraction].filter((flag) => flag !== '').join(' | ');
        return {
          name: `PHP json_encode${flags === '' ? '' : `(${flags})`}`,
          order: 'insertion',
          whitespace,
          strings: style,
          numbers: number,
        };
      }),
    ),
  );
}

function go(): JsonWriter[] {
  const values: Choice<MemberOrder>[] = [
    ['of a map', 'sorted'],
    ['of a struct', 'insertion'],
  ];
  const strings: Choice<StringStyleName>[] = [
    ['', 'html'],
    ['', 'htmlLongBackspace'],
    [', SetEscapeHTML(false)', 'lines'],
    [', SetEscapeHTML(false)', 'linesLongBackspace'],
  ];
  const layouts: Choice<WhitespaceName>[] = [
    ['json.Marshal', 'compact'],
    ['json.MarshalIndent (2 spaces)', 'indent2'],
    ['json.MarshalIndent (tab)', 'tabs'],
    ['json.MarshalIndent (4 spaces)', 'indent4'],
  ];
  return layouts.flatMap(([call, whitespace]) =>
    values.flatMap(([value, order]) =>
      strings.map(([html, style]): JsonWriter => ({
        name: `Go ${call} ${value}${html}`,
        order,
        whitespace,
        strings: style,
        numbers: 'go',
      })),
    ),
  );
}

function java(): JsonWriter[] {
  const jackson: readonly (readonly [string, WhitespaceName, MemberOrder])[] = [
    ['Jackson writeValueAsString', 'compact', 'insertion'],
    ['Jackson writeValueAsString (sorted)', 'compact', 'sorted'],
    ['Jackson writerWithDefaultPrettyPrinter', 'jackson', 'insertion'],
    ['Jackson writerWithDefaultPrettyPrinter (CRLF)', 'jacksonCrlf', 'insertion'],
  ];
  const gson: readonly (readonly [string, WhitespaceName, StringStyleName])[] = [
    ['Gson toJson', 'compact', 'gson'],
    ['Gson toJson (disableHtmlEscaping)', 'compact', 'lines'],
    ['Gson toJson (setPrettyPrinting)', 'indent2', 'gson'],
    ['Gson toJson (setPrettyPrinting, disableHtmlEscaping)', 'indent2', 'lines'],
  ];
  return [
    ...jackson.flatMap(([name, whitespace, order]) =>
      (['java', 'source'] as const).map((numbers): JsonWriter => ({
        name,
        order,
        whitespace,
        strings: 'upperControl',
        numbers,
      })),
    ),
    {
      name: 'Jackson writeValueAsString (ESCAPE_NON_ASCII)',
      order: 'insertion',
      whitespace: 'compact',
      strings: 'asciiUpper',
      numbers: 'java',
    },
    ...gson.flatMap(([name, whitespace, strings]) =>
      (['source', 'javaDoubles', 'java'] as const).map((numbers): JsonWriter => ({
        name,
        order: 'insertion',
        whitespace,
        strings,
        numbers,
      })),
    ),
  ];
}

function ruby(): JsonWriter[] {
  const calls: readonly (readonly [string, WhitespaceName, StringStyleName])[] = [
    ['Ruby JSON.generate', 'compact', 'plain'],
    ['Ruby JSON.pretty_generate', 'rubyPretty', 'plain'],
    ['Ruby JSON.pretty_generate', 'indent2', 'plain'],
    ['Rails to_json', 'compact', 'html'],
  ];
  return calls.map(([name, whitespace, strings]) => ({
    name,
    order: 'insertion',
    whitespace,
    strings,
    numbers: 'ruby',
  }));
}

function dotnet(): JsonWriter[] {
  const calls: readonly (readonly [string, StringStyleName])[] = [
    ['.NET System.Text.Json', 'dotnet'],
    ['.NET System.Text.Json (UnsafeRelaxedJsonEscaping)', 'upperControl'],
    ['Newtonsoft.Json', 'newtonsoft'],
  ];
  const layouts: Choice<WhitespaceName>[] = [
    ['', 'compact'],
    [' (indented)', 'indent2'],
    [' (indented, Windows)', 'indent2Crlf'],
  ];
  return calls.flatMap(([name, strings]) =>
    layouts.flatMap(([layout, whitespace]) =>
      (['source', 'javascript'] as const).map((numbers): JsonWriter => ({
        name: `${name}${layout}`,
        order: 'insertion',
        whitespace,
        strings,
        numbers,
      })),
    ),
  );
}

/** A body that was sorted, in the order in which Relyable's documentation shows its keys. */
function documented(): JsonWriter[] {
  const layouts: readonly (readonly [string, WhitespaceName, StringStyleName])[] = [
    ['JSON.stringify', 'compact', 'plain'],
    ['Python json.dumps', 'spaced', 'ascii'],
    ['JSON.stringify(…, null, 2)', 'indent2', 'plain'],
  ];
  return layouts.flatMap(([name, whitespace, strings]) =>
    (['source', 'decimalFields', 'javascript'] as const).map((numbers): JsonWriter => ({
      name: `${name} of an object with its keys in the documented order`,
      order: 'documented',
      whitespace,
      strings,
      numbers,
    })),
  );
}

const OTHER_WRITERS: readonly JsonWriter[] = [
  {
    name: 'PostgreSQL jsonb',
    order: 'by-length',
    whitespace: 'spaced',
    strings: 'plain',
    numbers: 'source',
  },
  {
    name: 'MySQL JSON',
    order: 'by-length',
    whitespace: 'spaced',
    strings: 'plain',
    numbers: 'python',
  },
  {
    name: 'Rust serde_json Value',
    order: 'sorted',
    whitespace: 'compact',
    strings: 'plain',
    numbers: 'python',
  },
  {
    name: 'Swift JSONSerialization',
    order: 'insertion',
    whitespace: 'compact',
    strings: 'slash',
    numbers: 'javascript',
  },
  {
    name: 'jq',
    order: 'insertion',
    whitespace: 'indent2',
    strings: 'deleteEscaped',
    numbers: 'javascript',
  },
];

/** The known JSON writers, the most common ones first. */
export const JSON_WRITERS: readonly JsonWriter[] = [
  ...javaScript(),
  ...python(),
  ...php(),
  ...go(),
  ...java(),
  ...ruby(),
  ...dotnet(),
  ...documented(),
  ...OTHER_WRITERS,
];
