import { describeTlsProblem, errorCode, errorMessage, RelyableError } from '../../errors.ts';
import { htmlMessage } from '../../html-message.ts';
import type { ApiAnswer } from './api-answer.ts';

/**
 * A text without the API key, which a server may echo. A key of less than eight characters stays:
 * it may be part of any word.
 */
export function hideKey(text: string, key: string): string {
  return key.length < 8 ? text : text.replaceAll(key, '(API key)');
}

/** Why a request got no answer, without the API key. */
export function failureText(error: unknown, url: URL, key: string): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return `nothing listens on ${url.host} (connection refused)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no address found for ${url.hostname}`;
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return `${url.host} closed the connection before it answered`;
    default:
      return hideKey(describeTlsProblem(cause, url.host) ?? errorMessage(cause), key);
  }
}

/** UNREACHABLE for a request that failed every time. */
export function unreachable(error: unknown, url: URL, key: string): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    `the API cannot be reached: ${failureText(error, url, key)}`,
    {
      hint: `check --api-url (${url.href}) and your network; relyable doctor looks at both`,
    },
  );
}

/** The error for an answer other than 200; `said` is the message of the API, or empty. */
export function statusError(
  { status, text, headers }: ApiAnswer,
  said: string,
  url: URL,
): RelyableError {
  const because = said === '' ? '' : `: ${said}`;
  const makeKey =
    'make a key in the dashboard under Settings → API Keys (it is shown once), then export RELYABLE_API_KEY=… or pass --api-key-file';
  switch (status) {
    case 400:
      return new RelyableError('USAGE', `the API refused the request (400)${because}`);
    case 401:
      return new RelyableError('NOT_AUTHENTICATED', `the API refused the key (401)${because}`, {
        hint: makeKey,
      });
    case 403:
      return new RelyableError(
        'NOT_PERMITTED',
        `the API key may not read the delivery log (403)${because}`,
        { hint: makeKey },
      );
    case 429:
      return new RelyableError('API_ERROR', `the API's rate limit is used up (429)${because}`, {
        hint: 'wait a minute, or poll less often with --interval',
      });
    default: {
      const location = headers.get('location');
      const to = location === null ? '' : `, a redirect to ${location}`;
      const shown = said === '' && text !== '' ? ` (${describeText(text)})` : because;
      return new RelyableError(
        'API_ERROR',
        `the API: expected 200, got ${status}${to}${shown}`,
        status < 400 ? { hint: `check --api-url (${url.href})` } : {},
      );
    }
  }
}

/** The error for an answer of 200 that is not JSON. */
export function notJson({ text, headers }: ApiAnswer, url: URL): RelyableError {
  const type = headers.get('content-type') ?? 'no content type';
  return new RelyableError(
    'API_ERROR',
    `the API at ${url.host}: expected JSON, got ${describeText(text)} (${type})`,
    { hint: 'a proxy or a login page may have answered; check --api-url and HTTPS_PROXY' },
  );
}

/** Describes an unexpected text in a few words. */
function describeText(text: string): string {
  const start = text.trim().replace(/\s+/g, ' ').slice(0, 80);
  if (start === '') return 'an empty answer';
  const page = htmlMessage(text);
  if (page !== null) return `HTML: ${page.replace(/\s+/g, ' ').slice(0, 80)}`;
  if (start.startsWith('<')) return `HTML: ${start}`;
  if (/^[[{]/.test(start)) return `JSON that breaks off after ${text.length} characters`;
  return `"${start}"`;
}

/** Describes a JSON value, e.g. `an object with id, state`. */
export function describeShape(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no fields'}`;
}

/** The help centre describes delivery logs and publishes no endpoint for them. */
export function logNotFound(url: string): RelyableError {
  return new RelyableError(
    'NOT_FOUND',
    `no delivery log at ${url} (404): Relyable does not publicly document an endpoint for it`,
    {
      hint: 'if you know the path, set api.deliveriesPath in the config; the same logs are in the dashboard under Settings → Webhooks (relyable open webhooks)',
    },
  );
}

/** The delivery is in the log, and asking for it again is answered 404. */
export function notResent(id: string, said: string): RelyableError {
  return new RelyableError(
    'NOT_FOUND',
    `the API does not send ${id} again (404)${said === '' ? '' : `: ${said}`}`,
    {
      hint: `Relyable does not publicly document an endpoint for it; relyable webhooks logs replay ${id} sends the same bytes to your app, and relyable open webhooks opens the page in the dashboard`,
    },
  );
}

/** NOT_FOUND for one delivery. */
export function deliveryNotFound(id: string, said: string): RelyableError {
  return new RelyableError(
    'NOT_FOUND',
    `no delivery ${id} in the log (404)${said === '' ? '' : `: ${said}`}`,
    {
      hint: 'relyable webhooks logs list shows the ids; if none can be found, see api.deliveriesPath',
    },
  );
}
