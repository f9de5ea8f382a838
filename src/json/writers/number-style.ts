import { decodeString, type JsonDocument, tokenText } from '../document.ts';
import { KEY, NUMBER } from '../tokeniser.ts';
import type { Overrides } from './string-style.ts';

/** Fields that hold decimals in the published samples; a sender in Python writes 70 as `70.0`. */
export const DECIMAL_FIELDS: ReadonlySet<string> = new Set([
  'score',
  'previous_score',
  'current_score',
  'threshold',
  'drop_percentage',
]);

/** How a writer formats numbers, with the words that name it. */
const STYLES = {
  /** Jackson's JsonNode, .NET's JsonElement, Go's json.Number. */
  source: 'numbers unchanged',
  /** Every number a double: JavaScript. */
  javascript: 'numbers as JavaScript writes them (70.0 as 70)',
  /** The same, but for `-0`. */
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
  /** Gson into a map: every number a double. */
  javaDoubles: 'every number as a decimal (70 as 70.0)',
  /** Fields that are decimals in the published samples, in a language that keeps the difference. */
  decimalFields: 'scores as decimals (70 as 70.0)',
  /** A JSON column that trims decimals. */
  plain: 'numbers without exponents and trailing zeros',
} as const;

export type NumberStyleName = keyof typeof STYLES;

export const NUMBER_STYLES = Object.keys(STYLES) as readonly NumberStyleName[];

export function describeNumberStyle(name: NumberStyleName): string {
  return STYLES[name];
}

/** Most numbers: the same in every style that keeps integers. */
const IS_SMALL_INTEGER = /^-?[1-9][0-9]{0,14}$|^0$/;

/** The numbers that a style changes. */
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

/** One number's source text as a style writes it. */
export function writeNumber(
  source: string,
  name: Exclude<NumberStyleName, 'decimalFields'>,
): string {
  const value = Number(source);
  if (name === 'source') return source;
  if (name === 'plain') return trimZeros(source, value);
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
    case 'python':
      return isInteger(source) ? keepInteger(source) : writeDouble(value, PYTHON);
    case 'ruby':
      return isInteger(source) ? keepInteger(source) : writeDouble(value, RUBY);
    case 'java':
      return isInteger(source) ? keepInteger(source) : writeDouble(value, JAVA);
    case 'javaDoubles':
      return writeDouble(value, JAVA);
  }
}

/** Languages with big integers write every digit; only `-0` loses its sign. */
function keepInteger(source: string): string {
  return source === '-0' ? '0' : source;
}

function phpNumber(source: string, value: number, keepsFraction: boolean): string {
  if (isInteger(source) && source !== '-0') {
    const big = BigInt(source.length > 25 ? 10n ** 25n : source);
    if (big <= 2n ** 63n - 1n && big >= -(2n ** 63n)) return source;
  }
  const text = writeDouble(value, PHP);
  return keepsFraction || text.includes('e') ? text : text.replace(/\.0$/, '');
}

/** C's `%.17G`, without zeros at the end. */
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

interface DoubleFormat {
  /** Decimal exponents that are written without `e`: from (inclusive) … to (exclusive). */
  readonly from: number;
  readonly to: number;
  /** Digits after `e`, padded to two; the sign of a positive one. */
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

/** The shortest digits that read back as this double, in the format of a language. */
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
