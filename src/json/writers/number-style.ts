import { decodeString, type JsonDocument, tokenText } from '../document.ts';
import { KEY, NUMBER } from '../tokeniser.ts';
import type { Overrides } from './string-style.ts';

/** Fields that hold decimals in the published samples. A sender written in Python writes the value 70 as `70.0`. */
export const DECIMAL_FIELDS: ReadonlySet<string> = new Set([
  'score',
  'previous_score',
  'current_score',
  'threshold',
  'drop_percentage',
]);

/** The number styles of writers, each with its description. */
const STYLES = {
  /** Jackson's JsonNode, .NET's JsonElement, Go's json.Number. */
  source: 'numbers unchanged',
  /** JavaScript: every number is a double. */
  javascript: 'numbers as JavaScript writes them (70.0 as 70)',
  /** As in JavaScript, except for `-0`. */
  go: 'numbers as Go writes them (70.0 as 70)',
  python: 'numbers as Python writes them (7e1 as 70.0)',
  ruby: 'numbers as Ruby writes them (7e1 as 70.0)',
  php: 'numbers as PHP writes them (70.0 as 70)',
  phpFraction: 'numbers as PHP writes them with JSON_PRESERVE_ZERO_FRACTION',
  phpPrecision:
    'numbers as PHP writes them with serialize_precision = 17 (20.1 as 20.100000000000001)',
  phpPrecisionFraction:
    'numbers as PHP writes them with serialize_precision = 17 and JSON_PRESERVE_ZERO_FRACTION',
  java: 'numbers as Java writes them (7e1 as 70.0)',
  /** Gson with ToNumberPolicy.LONG_OR_DOUBLE. */
  javaLongs: 'integers beyond 64 bits as Java doubles',
  /** Gson into a map: every number is a double. */
  javaDoubles: 'every number as a decimal (70 as 70.0)',
  /** The fields in `DECIMAL_FIELDS`, for languages that distinguish integers from decimals. */
  decimalFields: 'scores as decimals (70 as 70.0)',
  /** Jackson with USE_BIG_DECIMAL_FOR_FLOATS. */
  bigDecimal: "decimals as Java's BigDecimal writes them (7e1 as 7E+1)",
  newtonsoft: 'numbers as Newtonsoft.Json writes them (1e-7 as 1E-07)',
  serde: 'numbers as serde_json writes them (7e1 as 70.0, 1E21 as 1e21)',
  orjson: 'numbers as orjson writes them (7e1 as 70.0, 1e21 as 1e+21)',
  ujson: 'numbers as ujson writes them (7e1 as 70.0, 0.00001 as 1e-5)',
  /** jq before 1.7, Perl. */
  c: 'numbers as C prints them (70.0 as 70, 1e-7 as 1e-07)',
  /** PostgreSQL. */
  numeric: 'numbers without exponents',
  /** A JSON column that trims decimals. */
  plain: 'numbers without exponents and trailing zeros',
} as const;

export type NumberStyleName = keyof typeof STYLES;

export const NUMBER_STYLES = Object.keys(STYLES) as readonly NumberStyleName[];

export function describeNumberStyle(name: NumberStyleName): string {
  return STYLES[name];
}

/** Matches most numbers: small integers, which every style that keeps integers writes the same. */
const IS_SMALL_INTEGER = /^-?[1-9][0-9]{0,14}$|^0$/;

/** The tokens of numbers that a style changes, with their new text. */
export function writeNumbers(document: JsonDocument, name: NumberStyleName): Overrides {
  const texts = new Map<number, string>();
  if (name === 'source') return texts;
  for (const [token, kind] of document.kinds.entries()) {
    if (kind !== NUMBER) continue;
    const source = tokenText(document, token);
    if (IS_SMALL_INTEGER.test(source) && name !== 'javaDoubles' && name !== 'decimalFields')
      continue;
    const text =
      name === 'decimalFields' ? asDecimal(document, token, source) : writeNumber(source, name);
    if (text !== source) texts.set(token, text);
  }
  return texts;
}

function asDecimal(document: JsonDocument, token: number, source: string): string {
  if (document.kinds[token - 1] !== KEY || !isInteger(source)) return source;
  return DECIMAL_FIELDS.has(decodeString(document, token - 1)) ? `${source}.0` : source;
}

function isInteger(source: string): boolean {
  return !/[.eE]/.test(source);
}

/** The text of one number in a style, from its source text. */
export function writeNumber(
  source: string,
  name: Exclude<NumberStyleName, 'decimalFields'>,
): string {
  const value = Number(source);
  if (name === 'source') return source;
  if (name === 'plain') return trimZeros(source, value);
  if (name === 'numeric') return withoutExponent(source);
  if (name === 'bigDecimal') return asBigDecimal(source);
  if (!Number.isFinite(value)) return name === 'javascript' ? 'null' : source;
  switch (name) {
    case 'javascript':
      return JSON.stringify(value);
    case 'go':
      return Object.is(value, -0) ? '-0' : JSON.stringify(value);
    case 'php':
    case 'phpFraction':
      return phpNumber(source, value, name === 'phpFraction');
    case 'phpPrecision':
    case 'phpPrecisionFraction':
      return isInteger(source)
        ? phpNumber(source, value, false)
        : withPrecision(value, name === 'phpPrecisionFraction');
    case 'c':
      return isInteger(source) ? keepInteger(source) : writeDouble(value, C).replace(/\.0$/, '');
    case 'javaLongs':
      return isLong(source) ? keepInteger(source) : writeDouble(value, JAVA);
    case 'javaDoubles':
      return writeDouble(value, JAVA);
    default:
      return isInteger(source) ? keepInteger(source) : writeDouble(value, DOUBLES[name]);
  }
}

/** An integer in a language with big integers: every digit is kept; only `-0` loses its sign. */
function keepInteger(source: string): string {
  return source === '-0' ? '0' : source;
}

function phpNumber(source: string, value: number, keepsFraction: boolean): string {
  if (isLong(source) && source !== '-0') return source;
  const text = writeDouble(value, PHP);
  return keepsFraction || text.includes('e') ? text : text.replace(/\.0$/, '');
}

/** Whether this is an integer of at most 64 bits. */
function isLong(source: string): boolean {
  if (!isInteger(source) || source.length > 20) return false;
  const value = BigInt(source);
  return value <= 2n ** 63n - 1n && value >= -(2n ** 63n);
}

/** C's `%.17G`, without trailing zeros. */
function withPrecision(value: number, keepsFraction: boolean): string {
  const text = value.toPrecision(17);
  const [digits = '', exponent] = text.split('e');
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  if (exponent === undefined) return keepsFraction && !short.includes('.') ? `${short}.0` : short;
  return `${short.includes('.') ? short : `${short}.0`}e${exponent}`;
}

function trimZeros(source: string, value: number): string {
  if (isInteger(source)) return source;
  if (/[eE]/.test(source)) return String(value);
  let end = source.length;
  while (source[end - 1] === '0') end -= 1;
  return source.slice(0, source[end - 1] === '.' ? end - 1 : end);
}

/** A decimal: its digits without the point, and the number of digits after the point. */
interface Decimal {
  readonly sign: string;
  readonly digits: string;
  readonly scale: number;
}

/** Numbers with a larger exponent are left unchanged: written out, they would fill pages. */
const MAX_SCALE = 400;

/** The parts of a number; null if it has neither fraction nor exponent, or too large an exponent. */
function readDecimal(source: string): Decimal | null {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const scale = fraction.length - Number(power);
  if (isInteger(source) || Math.abs(scale) > MAX_SCALE) return null;
  return { sign, digits: (whole + fraction).replace(/^0+(?=\d)/, ''), scale };
}

/** As PostgreSQL's `numeric` writes it: every digit, including trailing zeros. */
function withoutExponent(source: string): string {
  const decimal = readDecimal(source);
  return decimal === null ? source : decimal.sign + placePoint(decimal);
}

function placePoint({ digits, scale }: Decimal): string {
  if (scale <= 0) return digits === '0' ? '0' : digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** `BigDecimal.toString` of Java. */
function asBigDecimal(source: string): string {
  const decimal = readDecimal(source);
  if (decimal === null) return source;
  const { sign, digits, scale } = decimal;
  const exponent = digits.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return sign + placePoint(decimal);
  const fraction = digits.length === 1 ? '' : `.${digits.slice(1)}`;
  return `${sign}${digits[0] ?? ''}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`;
}

interface DoubleFormat {
  /** Decimal exponents that are written without `e`: from (inclusive) … to (exclusive). */
  readonly from: number;
  readonly to: number;
  /** Whether the exponent is padded to two digits. */
  readonly hasPaddedExponent: boolean;
  readonly e: 'e' | 'E';
  readonly plus: '+' | '';
  /** `1.0e+16` rather than `1e+16`. */
  readonly hasPointBeforeE: boolean;
}

/** `float.__repr__`. */
const PYTHON: DoubleFormat = {
  from: -4,
  to: 16,
  hasPaddedExponent: true,
  e: 'e',
  plus: '+',
  hasPointBeforeE: false,
};
/** `Float#to_s`. */
const RUBY: DoubleFormat = { ...PYTHON, to: 15, hasPointBeforeE: true };
/** `json_encode` with serialize_precision -1. */
const PHP: DoubleFormat = { ...PYTHON, to: 17, hasPaddedExponent: false, hasPointBeforeE: true };
/** `Double.toString`. */
const JAVA: DoubleFormat = {
  from: -3,
  to: 7,
  hasPaddedExponent: false,
  e: 'E',
  plus: '',
  hasPointBeforeE: true,
};

/** .NET's `R`. */
const NEWTONSOFT: DoubleFormat = { ...PYTHON, to: 15, e: 'E' };
/** Rust's ryu. */
const SERDE: DoubleFormat = { ...PYTHON, from: -5, hasPaddedExponent: false, plus: '' };
/** `%.17g` with the shortest digits. */
const C: DoubleFormat = { ...PYTHON, to: 17 };

/** The formats of doubles in languages that keep the digits of an integer. */
const DOUBLES = {
  python: PYTHON,
  ruby: RUBY,
  java: JAVA,
  newtonsoft: NEWTONSOFT,
  serde: SERDE,
  orjson: { ...SERDE, plus: '+' },
  ujson: { ...PYTHON, hasPaddedExponent: false },
} as const satisfies Partial<Record<NumberStyleName, DoubleFormat>>;

/** A double in the format of a language, with the fewest digits that read back as the same double. */
function writeDouble(value: number, format: DoubleFormat): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const sign = value < 0 ? '-' : '';
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < format.from || exponent >= format.to) {
    const rest = digits.slice(1);
    const fraction = rest === '' ? (format.hasPointBeforeE ? '.0' : '') : `.${rest}`;
    const size = String(Math.abs(exponent)).padStart(format.hasPaddedExponent ? 2 : 1, '0');
    return `${sign}${digits[0] ?? ''}${fraction}${format.e}${exponent < 0 ? '-' : format.plus}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.padEnd(exponent + 1, '0');
  const fraction = whole.slice(exponent + 1);
  return `${sign}${whole.slice(0, exponent + 1)}.${fraction === '' ? '0' : fraction}`;
}
