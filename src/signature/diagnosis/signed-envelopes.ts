import { type JsonDocument, topLevelText } from '../../json/document.ts';
import type { HeaderPair } from '../../request/request.ts';
import type { Reason } from '../verify.ts';

/** The text that a sender may sign before and after the body, e.g. a timestamp. */
export interface SignedEnvelope {
  readonly reason: Reason;
  readonly before: Buffer;
  readonly after: Buffer;
  /** Completes "the MAC covers …", e.g. `"<Webhook-Timestamp>.<body>"`. */
  readonly name: string;
  /** The MAC covers only the text around the body, not the body. */
  readonly omitsBody: boolean;
  /** One value and a mark before the body: `T.`, `T:`, or Slack's `v0:T:`. */
  readonly isSimple: boolean;
  /** The arrangement of a well-known sender: a simple one, or two values with dots. */
  readonly isCommon: boolean;
}

interface Value {
  readonly label: string;
  readonly text: string;
}

const ENVELOPE_HEADER = /timestamp|(?:^|-)(?:id|date|nonce|time)$/i;
const ENVELOPE_FIELDS = ['timestamp', 'id', 'event_id', 'created', 'created_at'] as const;
const MAX_VALUES = 12;
/** The number of pairs of values that count as common. Pairs from header fields come first. */
const COMMON_PAIRS = 12;

/** Every timestamp and id of a request, in the arrangements that senders use. */
export function listEnvelopes(
  headers: readonly HeaderPair[],
  document: JsonDocument | null,
  fromSignature: readonly string[],
): readonly SignedEnvelope[] {
  const values = envelopeValues(headers, document, fromSignature);
  return [...values.flatMap(envelopesOfOne), ...envelopesOfTwo(values)];
}

/** The timestamps and ids of a request, those in its headers first. */
export function listTimestamps(
  headers: readonly HeaderPair[],
  document: JsonDocument | null,
  fromSignature: readonly string[],
): readonly string[] {
  return envelopeValues(headers, document, fromSignature).map(({ text }) => text);
}

function envelopeValues(
  headers: readonly HeaderPair[],
  document: JsonDocument | null,
  fromSignature: readonly string[],
): readonly Value[] {
  const found: Value[] = [
    ...fromSignature.map((text) => ({ label: 't of the signature header', text })),
    ...headers
      .filter(([name, value]) => ENVELOPE_HEADER.test(name) && value !== '' && value.length <= 128)
      .map(([name, text]) => ({ label: name, text: text.trim() })),
  ];
  if (document !== null) {
    for (const field of ENVELOPE_FIELDS) {
      const text = topLevelText(document, field);
      if (text !== null && text.length <= 128) found.push({ label: `${field} of the body`, text });
    }
  }
  const spread = found.flatMap((value) => [value].concat(asUnixTime(value)));
  const byText = new Map(spread.reverse().map((value) => [value.text, value]));
  return [...byText.values()].reverse().slice(0, MAX_VALUES);
}

/** An ISO or HTTP date as Unix seconds and milliseconds. */
function asUnixTime({ label, text }: Value): Value[] {
  const ms = /\d{4}/.test(text) && /[-:]/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return [];
  return [
    { label: `${label} in Unix seconds`, text: String(Math.floor(ms / 1000)) },
    { label: `${label} in Unix milliseconds`, text: String(ms) },
  ];
}

function envelopesOfOne({ label, text }: Value): SignedEnvelope[] {
  const envelope = (before: string, after = ''): SignedEnvelope => ({
    before: Buffer.from(
      before.replace('T', () => text),
      'utf8',
    ),
    after: Buffer.from(
      after.replace('T', () => text),
      'utf8',
    ),
    reason: 'timestamp_prefixed',
    omitsBody: false,
    name: `"${before.replace('T', () => `<${label}>`)}<body>${after.replace('T', () => `<${label}>`)}"`,
    isSimple: before === 'T.' || before === 'T:' || before === 'v0:T:',
    isCommon: before === 'T.' || before === 'T:' || before === 'v0:T:',
  });
  return [
    envelope('T.'),
    envelope('T:'),
    envelope('T'),
    envelope('v0:T:'),
    envelope('v1:T:'),
    envelope('T\n'),
    envelope('T|'),
    envelope('T-'),
    envelope('', '.T'),
    envelope('', 'T'),
    envelope('', ':T'),
  ];
}

function envelopesOfTwo(values: readonly Value[]): SignedEnvelope[] {
  const pairs = values.flatMap((first) =>
    values.filter((second) => second !== first).map((second) => [first, second] as const),
  );
  return pairs.slice(0, 60).flatMap(([first, second], index) =>
    ['.', ':'].map((mark) => ({
      reason: 'timestamp_prefixed' as const,
      omitsBody: false,
      before: Buffer.from(`${first.text}${mark}${second.text}${mark}`, 'utf8'),
      after: Buffer.alloc(0),
      name: `"<${first.label}>${mark}<${second.label}>${mark}<body>"`,
      isSimple: false,
      isCommon: mark === '.' && index < COMMON_PAIRS,
    })),
  );
}
