import { DECIMAL_FIELDS } from '../json/writers/number-style.ts';
import type { JsonValue } from '../json/json-value.ts';
import type { WireFormat } from './wire-format.ts';

/** The bytes of a payload in one of the wire formats. */
export function serialisePayload(payload: JsonValue, format: WireFormat): Buffer {
  return Buffer.from(write(payload, format), 'utf8');
}

function write(payload: JsonValue, format: WireFormat): string {
  switch (format) {
    case 'compact':
      return JSON.stringify(payload);
    case 'spaced':
      return writeWith(payload, { comma: ', ', colon: ': ' });
    case 'pretty':
      return JSON.stringify(payload, null, 2);
    case 'ascii':
      return JSON.stringify(payload).replace(/[\u007f-\uffff]/g, escapeUnit);
    case 'decimal':
      return writeWith(payload, { comma: ',', colon: ':', decimals: true });
    case 'reordered':
      return JSON.stringify(reverseKeys(payload));
  }
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

interface Style {
  readonly comma: string;
  readonly colon: string;
  readonly decimals?: boolean;
}

function writeWith(value: JsonValue, style: Style, key = ''): string {
  if (typeof value === 'number') {
    const isDecimal = style.decimals === true && DECIMAL_FIELDS.has(key) && Number.isInteger(value);
    return isDecimal ? `${value}.0` : JSON.stringify(value);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isArray(value))
    return `[${value.map((item) => writeWith(item, style, key)).join(style.comma)}]`;
  const members = Object.entries(value).map(
    ([name, child]) => `${JSON.stringify(name)}${style.colon}${writeWith(child, style, name)}`,
  );
  return `{${members.join(style.comma)}}`;
}

function reverseKeys(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(reverseKeys);
  const reversed = Object.entries(value).reverse();
  return Object.fromEntries(reversed.map(([key, child]) => [key, reverseKeys(child)]));
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
