import { type HeaderPair, hasHeader, SIGNATURE_HEADER } from '../request.ts';
import { replaceHeader } from '../raw.ts';
import { requestOfBody } from './body.ts';
import { type CopiedBody, findCopiedBody } from './body-copies.ts';
import { detectFormat, HEAD_BYTES } from './detect.ts';
import { type FoundRequest, type InputFormat, type InputItem, unreadable } from './input.ts';
import { parseJson } from './json-input.ts';
import { findBodyAlone, isPayload } from './json-requests.ts';
import { type InputOptions, readFormat } from './read-input.ts';
import { undoLayer } from './layers.ts';

/**
 * The request of a body that was saved without its headers. A container around the body is unwrapped: a
 * recording of the whole request, an envelope such as an event of AWS, or a copy that is quoted, escaped or
 * encoded. `--format body` takes the bytes as they are.
 */
export async function readBareBody(
  bytes: Buffer,
  source: string,
  { signature, ...options }: InputOptions & { readonly signature: string },
): Promise<FoundRequest> {
  if (options.format === 'body') return requestOfBody(bytes, signature);
  const value = parseJson(bytes.toString('utf8'));
  if (isPayload(value)) return requestOfBody(bytes, signature);
  const recorded = await readRecording(bytes, source, options);
  if (recorded !== null) return withSignature(recorded, signature);
  const copy = findInEnvelope(value) ?? findCopiedBody(bytes);
  if (copy === null) return requestOfBody(bytes, signature);
  const { bytes: body, note, ...rest } = copy;
  return {
    ...requestOfBody(body, signature),
    ...rest,
    note: `the body is ${note}`,
    receivedBytes: bytes,
  };
}

/** The only request of a recording; null if the bytes are not a recording. */
async function readRecording(
  bytes: Buffer,
  source: string,
  options: InputOptions,
): Promise<FoundRequest | null> {
  const inner = undoLayer(bytes) ?? bytes;
  const format = recordingFormatOf(inner, source);
  if (format === null) return null;
  const items: InputItem[] = [];
  try {
    for await (const item of readFormat(inner, format, source, options, 0)) items.push(item);
  } catch {
    // The bytes cannot be read as a recording, so they are the body or a copy of it.
    return null;
  }
  const found = items.filter((item) => item.kind === 'request');
  if (found.length > 1) {
    const problem = `expected one body for --signature, got a recording of ${found.length} requests`;
    throw unreadable(source, 'byte 0', problem, 'leave --signature out');
  }
  return found[0] ?? null;
}

function recordingFormatOf(bytes: Buffer, source: string): InputFormat | null {
  try {
    return detectFormat(bytes.subarray(0, HEAD_BYTES), source);
  } catch {
    return null;
  }
}

function withSignature(found: FoundRequest, signature: string): FoundRequest {
  const { headers } = found.request;
  const isSigned = hasHeader(headers, SIGNATURE_HEADER);
  const signed: readonly HeaderPair[] = replaceHeader(headers, SIGNATURE_HEADER, signature);
  const note = isSigned
    ? 'the signature is that of --signature, in place of the recorded one'
    : null;
  return {
    ...found,
    note: found.note ?? note,
    request: { ...found.request, headers: signed },
  };
}

function findInEnvelope(value: unknown): CopiedBody | null {
  const body = findBodyAlone(value);
  if (body === null) return null;
  const wrapped = 'taken out of the envelope around it';
  return { bytes: body.bytes, note: body.note === null ? wrapped : `${wrapped}; ${body.note}` };
}
