import { RelyableError } from '../errors.ts';
import { DEFAULT_API_URL, DEFAULT_EMULATOR_PORT, LARGEST_BODY } from './defaults.ts';
import { didYouMean } from '../did-you-mean.ts';
import { requireFetchPort } from '../http/fetch-ports.ts';
import { FIELD_VALUE, TOKEN } from '../request/request.ts';
import type { Speed } from '../relyable/retry.ts';

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

function usage(name: string, expected: string, text: string): RelyableError {
  return new RelyableError('USAGE', `${name}: expected ${expected}, got "${hideUserInfo(text)}"`);
}

/** A URL as it may be shown: without a user name and password. */
export function hideUserInfo(text: string): string {
  return text.replace(/\/\/[^/?#]*@/g, '//(hidden)@');
}

/** Node's timers hold 2^31-1 ms; a longer wait would fire at once. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** `500ms`, `30s`, `1.5m`, `2h`, `7d`, several together (`1h30m`), or `0` → ms that can be waited. */
export function parseDuration(text: string, name: string): number {
  const totalMs = parseAge(text, name);
  if (totalMs > MAX_WAIT_MS) throw usage(name, 'at most 24 days', text);
  return totalMs;
}

/** A duration of any length, for how long ago something was → ms. */
export function parseAge(text: string, name: string): number {
  const expected = 'a duration such as 500ms, 30s, 5m, 1h or 7d';
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) throw usage(name, expected, text);
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (DURATION_UNITS_MS[unit] ?? 0);
  }
  return totalMs;
}

/** `2h` ago, or a date and time (ISO 8601; UTC without a zone, midnight without a time) → ms since 1970. */
export function parseSince(text: string, name: string, now: number): number {
  if (/^[\d.]+[a-z]/.test(text)) return now - parseAge(text, name);
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text);
  const [, date, time = '00:00', zone = 'Z'] = match ?? [];
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) {
    throw usage(name, 'a duration such as 2h, or a date and time such as 2026-01-31T10:00Z', text);
  }
  return ms;
}

/** A moment that may be relative: ms since 1970, given what time it is now. */
export type SinceTime = (now: number) => number;

/** `parseSince` as an option declares it: checked at once, resolved when the time is known. */
export function parseSinceTime(text: string, name: string): SinceTime {
  parseSince(text, name, 0);
  return (now) => parseSince(text, name, now);
}

/** The size of a body: `512`, `64kb`, `10mb` → bytes; units of 1024. */
export function parseSize(text: string, name: string): number {
  const bytes = parseStorage(text, name);
  if (bytes > parseStorage(LARGEST_BODY, name))
    throw usage(name, `a size up to ${LARGEST_BODY}`, text);
  return bytes;
}

/** `512`, `64kb`, `10mb`, `1GiB` → bytes; units of 1024. */
export function parseStorage(text: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? '?'];
  if (match === null || unit === undefined) {
    throw usage(name, 'a size such as 512, 64kb or 10mb', text);
  }
  return Math.floor(Number(match[1]) * unit);
}

/** A whole number within bounds (both included). */
export function parseInteger(text: string, name: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw usage(name, `a whole number from ${min} to ${max}`, text);
  }
  return value;
}

/** One of the words that are allowed, as an option declares it; a near miss gets a hint. */
export function parseOneOf<T extends string>(
  allowed: readonly T[],
): (text: string, name: string) => T {
  return (text, name) => {
    const found = allowed.find((choice) => choice === text);
    if (found !== undefined) return found;
    const hint = didYouMean(text, allowed);
    throw new RelyableError(
      'USAGE',
      `${name}: expected ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1) ?? ''}, got "${text}"`,
      hint === undefined ? {} : { hint },
    );
  };
}

/** A whole number within bounds (both included), as an option declares it. */
export function parseWhole(min: number, max: number): (text: string, name: string) => number {
  return (text, name) => parseInteger(text, name, min, max);
}

/** A port for what browsers or `fetch` ask, 0 for any free one. */
export function parseFetchPort(text: string, name: string): number {
  const port = parseInteger(text, name, 0, 65_535);
  requireFetchPort({ port }, name);
  return port;
}

/** A URL as `parseTargetUrl` takes it, which `fetch` will ask. */
export function parseFetchUrl(text: string, name: string): URL {
  const url = parseTargetUrl(text, name);
  requireFetchPort(url, name);
  return url;
}

/** A number above zero, e.g. a rate. */
export function parsePositive(text: string, name: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value > 0)) throw usage(name, 'a number above 0', text);
  return value;
}

/**
 * A URL as people type it: `3000`, `:3000/hook`, `localhost:3000/hook`, `3000/hook` or
 * `http(s)://…`. The result is absolute and http or https.
 */
export function parseTargetUrl(text: string, name: string): URL {
  const expected = 'a URL or port such as 3000, localhost:3000/hook or https://host/hook';
  const trimmed = text.trim();
  refuseOtherTargets(trimmed, name);
  let full = trimmed;
  if (/^\d+(?=$|[/?])/.test(trimmed)) full = `http://localhost:${trimmed}`;
  else if (/^:\d/.test(trimmed)) full = `http://localhost${trimmed}`;
  else if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) full = `http://${trimmed}`;
  let url: URL;
  try {
    url = new URL(full);
  } catch {
    throw usage(name, expected, text);
  }
  if (trimmed === '' || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usage(name, expected, text);
  }
  // A port to choose, not one that an app can listen on.
  if (url.port === '0') throw usage(name, expected, text);
  refuseCredentials(url, name, 'pass it as a header instead: -H "Authorization: …"');
  url.hash = '';
  return url;
}

/** Texts in which `URL` would find another host or path than the user meant. */
const OTHER_TARGETS: ReadonlyArray<readonly [form: RegExp, got: string, hint?: string]> = [
  [
    /^unix:|\.sock(:|$)/i,
    'a Unix socket',
    'let the app listen on a port: sockets are not supported',
  ],
  [/^[a-z]:[\\/]|\\/i, 'a path of Windows', 'name the port first: 3000/hook'],
  [/^\.{0,2}\//, 'a path', 'name the port first: 3000/hook'],
  [/^\d+:\d/, 'two ports', 'name the one on which the app listens'],
  [
    /[{}<>]|%7b|%7d/i,
    'a placeholder',
    '--route <event>=<url> of listen sends event types to different URLs',
  ],
];

function refuseOtherTargets(text: string, name: string): void {
  const other = OTHER_TARGETS.find(([form]) => form.test(text));
  if (other === undefined) return;
  const [, got, hint] = other;
  throw new RelyableError(
    'USAGE',
    `${name}: expected a URL or port such as 3000, localhost:3000/hook or https://host/hook, got ${got}: "${hideUserInfo(text)}"`,
    hint === undefined ? {} : { hint },
  );
}

/** `Name: value` → a pair; the name must be an HTTP token and the value one line (RFC 9110 §5). */
export function parseHeader(text: string, name: string): readonly [string, string] {
  const colon = text.indexOf(':');
  const key = text.slice(0, Math.max(colon, 0)).trim();
  const value = text.slice(colon + 1).trim();
  if (!TOKEN.test(key) || !FIELD_VALUE.test(value)) {
    throw usage(name, 'a header such as "X-Name: value"', text);
  }
  if (/^(content-length|transfer-encoding)$/i.test(key)) {
    throw usage(name, `a header other than ${key}, which is computed from the body`, text);
  }
  return [key, value];
}

/** An address to listen on; IPv6 with or without brackets. Empty is refused: it would mean every address. */
export function parseHost(text: string, name: string): string {
  const host = text.trim().replace(/^\[(.+)\]$/, '$1');
  if (host === '') throw usage(name, 'an address such as 127.0.0.1', text);
  return host;
}

/** `60x`, `60` or `instant`: how much faster than production a retry schedule runs. */
export function parseSpeed(text: string, name: string): Speed {
  if (text === 'instant') return 'instant';
  return parsePositive(text.replace(/x$/, ''), `${name} (such as 60x or instant)`);
}

/** The base URL of the API: absolute, http or https, without a query. */
export function parseApiUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new RelyableError(
      'USAGE',
      `${name}: expected an http(s) URL, got "${hideUserInfo(text)}"`,
      {
        hint: `the API is ${DEFAULT_API_URL}; an emulator is http://127.0.0.1:${DEFAULT_EMULATOR_PORT}/api`,
      },
    );
  }
  refuseCredentials(url, name);
  requireFetchPort(url, name);
  url.search = '';
  url.hash = '';
  return url;
}

/** A password in a URL would end up in output, logs and the process list. */
function refuseCredentials(url: URL, name: string, hint?: string): void {
  if (url.username === '' && url.password === '') return;
  throw new RelyableError(
    'USAGE',
    `${name}: a URL with a user name or password is not accepted`,
    hint === undefined ? {} : { hint },
  );
}

/** A team's or reader's name: part of a subject, a stream's name and a consumer's name in NATS. */
export function parseToken(text: string, name: string): string {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(text)) {
    throw usage(name, 'at most 32 letters, digits, - and _', text);
  }
  return text;
}
