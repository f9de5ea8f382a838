import type { Content, Entry, Header, PostData } from 'har-format';
import type { Capture } from '../capture.ts';
import { type HeaderPair, headerValues } from '../request.ts';
import { captureUrl } from './capture-url.ts';
import { safeJson } from '../../json/safe-json.ts';

/** A HAR 1.2 document, entry by entry; a body that is not UTF-8 is base64. */
export function* writeHar(captures: Iterable<Capture>, version: string): Generator<string> {
  const creator = JSON.stringify({ name: 'relyable', version });
  yield `{"log":{"version":"1.2","creator":${creator},"entries":[`;
  let separator = '\n';
  for (const capture of captures) {
    yield `${separator}${safeJson(toEntry(capture))}`;
    separator = ',\n';
  }
  yield '\n]}}\n';
}

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
  return { mimeType: headerValues(headers, 'Content-Type')[0] ?? '', ...toText(body) };
}

function toContent(body: Buffer): Content {
  return { size: body.length, mimeType: '', ...toText(body) };
}

function toText(bytes: Buffer): { readonly text: string; readonly encoding?: 'base64' } {
  const text = bytes.toString('utf8');
  const isExact = Buffer.from(text, 'utf8').equals(bytes) && !text.includes('\ufffd');
  return isExact ? { text } : { text: bytes.toString('base64'), encoding: 'base64' };
}
