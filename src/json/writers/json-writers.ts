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
    // Pydantic's model_dump_json, orjson: compact, UTF-8; scores that are floats keep their decimal point.
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
    ['Jackson writeValueAsString (TreeMap)', 'compact', 'sorted-outside'],
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
      (['java', 'source', 'bigDecimal'] as const).map((numbers): JsonWriter => ({
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
      (['source', 'javaDoubles', 'java', 'javaLongs'] as const).map((numbers): JsonWriter => ({
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
    ['Newtonsoft.Json (EscapeNonAscii)', 'phpSlashes'],
    ['Newtonsoft.Json (EscapeHtml)', 'newtonsoftHtml'],
  ];
  const layouts: Choice<WhitespaceName>[] = [
    ['', 'compact'],
    [' (indented)', 'indent2'],
    [' (indented, Windows)', 'indent2Crlf'],
  ];
  return calls.flatMap(([name, strings]) =>
    layouts.flatMap(([layout, whitespace]) =>
      (['source', 'javascript', 'newtonsoft'] as const).map((numbers): JsonWriter => ({
        name: `${name}${layout}`,
        order: 'insertion',
        whitespace,
        strings,
        numbers,
      })),
    ),
  );
}

/** Writers of an object whose keys are in the order of Relyable's documentation, for a received body that was reordered. */
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

type Call = readonly [
  name: string,
  order: MemberOrder,
  whitespace: WhitespaceName,
  strings: StringStyleName,
];

function calls(numbers: readonly NumberStyleName[], list: readonly Call[]): JsonWriter[] {
  return list.flatMap(([name, order, whitespace, strings]) =>
    numbers.map((style): JsonWriter => ({ name, order, whitespace, strings, numbers: style })),
  );
}

const OTHER_WRITERS: readonly JsonWriter[] = [
  ...calls(
    ['source', 'numeric'],
    [
      ['PostgreSQL jsonb', 'by-length', 'spaced', 'plain'],
      ['PostgreSQL jsonb_pretty', 'by-length', 'jsonbPretty', 'plain'],
    ],
  ),
  ...calls(['python'], [['MySQL JSON', 'by-length', 'spaced', 'plain']]),
  ...calls(
    ['serde', 'python'],
    [
      ['Rust serde_json Value', 'sorted', 'compact', 'plain'],
      ['Rust serde_json', 'insertion', 'compact', 'plain'],
      ['Rust serde_json Value (pretty)', 'sorted', 'indent2', 'plain'],
      ['Rust serde_json (pretty)', 'insertion', 'indent2', 'plain'],
    ],
  ),
  ...calls(['javascript'], [['Swift JSONSerialization', 'insertion', 'compact', 'slash']]),
  // jq 1.7 writes numbers as they are in the source.
  ...calls(
    ['javascript', 'c', 'source'],
    [
      ['jq', 'insertion', 'indent2', 'deleteEscaped'],
      ['jq -c', 'insertion', 'compact', 'deleteEscaped'],
      ['jq -c -S', 'sorted', 'compact', 'deleteEscaped'],
      ['jq -c -a', 'insertion', 'compact', 'ascii'],
      ['jq --tab', 'insertion', 'tabs', 'deleteEscaped'],
    ],
  ),
  ...calls(
    ['c'],
    [
      ['Perl JSON::PP canonical', 'sorted', 'compact', 'plain'],
      ['Perl JSON::PP canonical, ascii', 'sorted', 'compact', 'phpSlashes'],
      ['Perl JSON::PP canonical, pretty', 'sorted', 'perlPretty', 'plain'],
    ],
  ),
  ...calls(
    ['orjson'],
    [
      ['orjson.dumps', 'insertion', 'compact', 'plain'],
      ['orjson.dumps(OPT_SORT_KEYS)', 'sorted', 'compact', 'plain'],
      ['orjson.dumps(OPT_INDENT_2)', 'insertion', 'indent2', 'plain'],
    ],
  ),
  ...calls(
    ['ujson'],
    [
      ['ujson.dumps', 'insertion', 'compact', 'php'],
      ['ujson.dumps(ensure_ascii=False)', 'insertion', 'compact', 'slash'],
      ['ujson.dumps(escape_forward_slashes=False)', 'insertion', 'compact', 'phpSlashes'],
      ['ujson.dumps(encode_html_chars=True)', 'insertion', 'compact', 'ujsonHtml'],
      ['ujson.dumps(sort_keys=True)', 'sorted', 'compact', 'php'],
      ['ujson.dumps(indent=2)', 'insertion', 'indent2', 'php'],
    ],
  ),
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
