import { isUtf8 } from 'node:buffer';
import type { Content, Entry, Header, PostData } from 'har-format';
import type { Capture } from '../capture.ts';
import { type HeaderPair, headerValues } from '../request.ts';
import { captureUrl } from './capture-url.ts';
import { base64Pieces, jsonTextPieces, fillMember } from './body-pieces.ts';
import { safeJson } from '../../json/safe-json.ts';

/** A HAR 1.2 document, entry by entry; a body that is not UTF-8 is base64. */
export function* writeHar(captures: Iterable<Capture>, version: string): Generator<string> {
  const creator = JSON.stringify({ name: 'relyable', version });
  yield `{"log":{"version":"1.2","creator":${creator},"entries":[`;
  let separator = '\n';
  for (const capture of captures) {
    yield separator;
    yield* writeEntry(capture);
    separator = ',\n';
  }
  yield '\n]}}\n';
}

/** An entry whose body is written in pieces. */
function writeEntry(capture: Capture): Generator<string> {
  const { body } = capture;
  const json = safeJson(toEntry(capture));
  const content = isExactText(body) ? jsonTextPieces(body, safeJson) : base64Pieces(body);
  return fillMember(json, 'text', content);
}

/** An entry without the text of the request's body, which the caller inserts. */
function toEntry(capture: Capture): Entry {
  const last = capture.forwards.at(-1);
  const time = last?.durationMs ?? 0;
  return {
    startedDateTime: new Date(capture.receivedAt).toISOString(),
    time,
    request: {
      method: capture.method,
      url: captureUrl(capture),
      httpVersion: `HTTP/${capture.httpVersion}`,
      cookies: [],
      headers: toPairs(capture.headers),
      queryString: [],
      ...(capture.body.length === 0 ? {} : { postData: toPostData(capture) }),
      headersSize: -1,
      bodySize: capture.body.length,
    },
    response: {
      status: capture.answered ?? 0,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: toPairs(last?.responseHeaders ?? []),
      content: toContent(last?.responseBody ?? Buffer.alloc(0)),
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    comment: capture.id,
  };
}

function toPairs(headers: readonly HeaderPair[]): Header[] {
  return headers.map(([name, value]) => ({ name, value }));
}

function toPostData({ headers, body }: Capture): PostData {
  return {
    mimeType: headerValues(headers, 'Content-Type')[0] ?? '',
    ...(isExactText(body) ? {} : { encoding: 'base64' }),
    text: '',
  };
}

function toContent(body: Buffer): Content {
  return { size: body.length, mimeType: '', ...toText(body) };
}

function toText(bytes: Buffer): { readonly text: string; readonly encoding?: 'base64' } {
  return isExactText(bytes)
    ? { text: bytes.toString('utf8') }
    : { text: bytes.toString('base64'), encoding: 'base64' };
}

/** Whether bytes are UTF-8 without U+FFFD, which readers take for a sign of lost bytes. */
function isExactText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes('\ufffd');
}
