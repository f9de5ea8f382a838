import { type BodyForm, formMaker } from './form.ts';

/** The fix for bodies that were read wrongly: how to read a body in Node. */
export const COLLECT_CHUNKS =
  "Collect the chunks as Buffers and join them once: `const chunks = []`, `request.on('data', (chunk) => chunks.push(chunk))`, then `Buffer.concat(chunks)`.";

const chunks = formMaker('body_chunks', { fix: COLLECT_CHUNKS });

/** The sizes at which streams and sockets cut a body. */
const CHUNK_SIZES = [
  65_536, 16_384, 8192, 4096, 1460, 1448, 1400, 1024, 1000, 512, 256, 128, 100, 64, 32, 16,
] as const;
const PADDED_SIZES = [
  64, 128, 256, 512, 1000, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
] as const;
/** How many cuts inside a character are tried. */
const MAX_CUTS = 256;

/** The bodies that result from joining the chunks of this body in a wrong way. */
export function* chunkForms(body: Buffer): Generator<BodyForm> {
  yield* joinedForms(body);
  yield* paddedForms(body);
  yield* decodedForms(body);
}

function joinedForms(body: Buffer): BodyForm[] {
  const behind = (text: string): Buffer => Buffer.concat([Buffer.from(text), body]);
  return [
    chunks(
      'the body twice (added to the HMAC, or to the text, two times)',
      Buffer.concat([body, body]),
    ),
    chunks(
      'the text "undefined" with the body after it (let raw; raw += chunk)',
      behind('undefined'),
    ),
    chunks('the text "null" with the body after it (let raw = null; raw += chunk)', behind('null')),
    chunks('the text "[object Object]" with the body after it', behind('[object Object]')),
    chunks('the text "None" with the body after it', behind('None')),
    chunks('the text "false" with the body after it', behind('false')),
    chunks('a zero with the body after it (let raw = 0; raw += chunk)', behind('0')),
    chunks('the body with "undefined" after it', Buffer.concat([body, Buffer.from('undefined')])),
    chunks('the body with "null" after it', Buffer.concat([body, Buffer.from('null')])),
  ];
}

function paddedForms(body: Buffer): BodyForm[] {
  const padded = (size: number): BodyForm =>
    chunks(
      `the body with ${size - body.length} NUL bytes after it (a buffer of ${size} bytes)`,
      Buffer.concat([body, Buffer.alloc(size - body.length)]),
    );
  const sizes = PADDED_SIZES.filter((size) => size > body.length).slice(0, 5);
  const more = [1, 2, 3, 4, 8].map((extra) => body.length + extra);
  const next = [16, 64, 1024, 4096].map((step) => (Math.floor(body.length / step) + 1) * step);
  const trimmed =
    body.length > 0 && body.at(-1) === 0
      ? body.subarray(0, body.findLastIndex((byte) => byte !== 0) + 1)
      : null;
  return [
    ...[...new Set([...sizes, ...next, ...more])].map(padded),
    ...(trimmed === null
      ? []
      : [{ ...chunks('the body without the NUL bytes after it', trimmed), isInner: true }]),
  ];
}

/** Chunks that were decoded to text one by one: a character that is split between two chunks is lost. */
function* decodedForms(body: Buffer): Generator<BodyForm> {
  const inside = insideCharacters(body);
  if (inside.length === 0) return;
  for (const size of CHUNK_SIZES) {
    if (size >= body.length) continue;
    const parts: string[] = [];
    for (let at = 0; at < body.length; at += size) parts.push(body.toString('utf8', at, at + size));
    yield* lossyForms(parts.join(''), `chunks of ${size} bytes were turned into text one by one`);
  }
  for (const at of inside) {
    const text = body.toString('utf8', 0, at) + body.toString('utf8', at);
    yield* lossyForms(text, `two chunks that meet at byte ${at} were turned into text one by one`);
  }
}

function lossyForms(text: string, how: string): BodyForm[] {
  return [
    chunks(`the body with U+FFFD inside a character: ${how}`, text),
    chunks(`the body with "?" inside a character: ${how}`, text.replace(/\ufffd/g, '?')),
    chunks(`the body without a character: ${how}`, text.replace(/\ufffd/g, '')),
  ];
}

/** The offsets that lie inside a character of several bytes. */
function insideCharacters(body: Buffer): number[] {
  const places: number[] = [];
  for (let at = 1; at < body.length && places.length < MAX_CUTS; at++) {
    if (((body[at] ?? 0) & 0xc0) === 0x80) places.push(at);
  }
  return places;
}
