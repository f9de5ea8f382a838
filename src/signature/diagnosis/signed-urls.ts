import { headerValues, type HeaderPair } from '../../request/request.ts';
import type { SignedEnvelope } from './signed-envelopes.ts';

/** The method, target and headers of a request; a recording may lack the method and target. */
export interface Addressed {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly headers: readonly HeaderPair[];
}

const HOST_HEADERS = ['X-Forwarded-Host', 'X-Original-Host', 'Host'] as const;
const MARKS = ['', '\n', '.', ':', '|', ' '] as const;

/** The URL, path or method before or after the body, as Square, Twilio and others sign them. */
export function listUrlEnvelopes(
  { method = 'POST', path, headers }: Addressed,
  timestamps: readonly string[],
): SignedEnvelope[] {
  if (path === undefined || !path.startsWith('/') || path.length > 2048) return [];
  const paths = [
    ...new Set([path, path.split('?')[0] ?? path, path.replace(/\/+(?=$|\?)/, ''), `${path}/`]),
  ];
  const hosts = [
    ...new Set(
      HOST_HEADERS.flatMap((name) => headerValues(headers, name)).flatMap((host) => [
        host,
        host.replace(/:\d+$/, ''),
      ]),
    ),
  ].filter((host) => host !== '');
  const urls = hosts.flatMap((host) =>
    ['https://', 'http://', ''].flatMap((scheme) =>
      [...paths, ''].map((one) => `${scheme}${host}${one}`),
    ),
  );
  const names = [
    ...urls.slice(0, 40).map((text) => ({ label: 'URL', text })),
    ...paths.map((text) => ({ label: 'path', text })),
  ];
  const upper = method.toUpperCase();
  return [
    ...names.flatMap(({ label, text }) => around(label, text)),
    ...MARKS.flatMap((mark) => [
      ...paths.map((text) =>
        envelope(`${upper}${mark}${text}${mark}`, '', `method, path and body`),
      ),
      ...urls
        .slice(0, 8)
        .map((text) => envelope(`${upper}${mark}${text}${mark}`, '', `method, URL and body`)),
      envelope(`${upper}${mark}`, '', 'method and body'),
      ...timestamps
        .slice(0, 4)
        .flatMap((time) =>
          paths.flatMap((text) => [
            envelope(
              `${time}${mark}${upper}${mark}${text}${mark}`,
              '',
              'timestamp, method, path and body',
            ),
            envelope(
              `${upper}${mark}${text}${mark}${time}${mark}`,
              '',
              'method, path, timestamp and body',
            ),
            envelope(`${time}${mark}${text}${mark}`, '', 'timestamp, path and body'),
            envelope(`${text}${mark}${time}${mark}`, '', 'path, timestamp and body'),
          ]),
        ),
    ]),
  ];
}

function around(label: string, text: string): SignedEnvelope[] {
  return [
    ...MARKS.flatMap((mark) => [
      envelope(`${text}${mark}`, '', `${label} and body`),
      envelope('', `${mark}${text}`, `body and ${label}`),
    ]),
    { ...envelope(text, '', `only the ${label}`), omitsBody: true },
  ];
}

function envelope(before: string, after: string, what: string): SignedEnvelope {
  const shown = what.startsWith('only') ? what : `the ${what}`;
  return {
    reason: 'url_signed',
    before: Buffer.from(before, 'utf8'),
    after: Buffer.from(after, 'utf8'),
    name: `${shown}: ${quoted(before)}${what.startsWith('only') ? '' : '<body>'}${quoted(after)}`,
    omitsBody: false,
    isSimple: false,
    isCommon: false,
  };
}

function quoted(text: string): string {
  return text === '' ? '' : JSON.stringify(text);
}
