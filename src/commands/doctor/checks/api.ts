import { createProxyFetch } from '../../../relyable/api/proxy.ts';
import { describeFailure } from '../../../http/target.ts';
import { isLoopback } from '../../../http/loopback.ts';
import { judgeClock } from './clock.ts';
import { type Check, failure, type Found, info, ok, type Subject, warning } from '../finding.ts';

const API_TIMEOUT_MS = 3000;

/** Whether the API answers, whether it takes the key, and whether the clocks agree. */
export const checkApi: Check = async (subject, signal) => {
  const { context, api, apiKey } = subject;
  const isPlainHttp = api.value.protocol === 'http:' && !isLoopback(api.value);
  if (isPlainHttp && apiKey !== null) {
    const message = `${api.value.host} (${api.origin}) is plain http: the API key was not sent there`;
    return [{ check: 'key', ...failure(message, 'use an https address') }];
  }
  // The only documented list; one entry is the cheapest request.
  const url = new URL(`${api.value.href.replace(/\/$/, '')}/agents?limit=1`);
  const startedAt = context.now();
  let response: Response;
  try {
    const fetch = await createProxyFetch(context.fetch, url, context.env);
    response = await fetch(url, {
      headers: apiKey === null ? {} : { Authorization: `Bearer ${apiKey.value}` },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(API_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
  } catch (error) {
    return [unreachable(subject, url, error), ...(apiKey === null ? [NO_KEY] : [])];
  }
  const midpoint = (startedAt + context.now()) / 2;
  return [
    judgeAnswer(url, response),
    { check: 'key', ...judgeKey(apiKey?.origin ?? null, response.status) },
    { check: 'clock', ...judgeClock(midpoint, response.headers.get('date'), 'the API') },
  ];
};

const NO_KEY: Found = {
  check: 'key',
  ...info(
    'no API key; only webhooks logs needs one',
    'relyable open api-keys, then export RELYABLE_API_KEY=…',
  ),
};

function unreachable({ apiKey }: Subject, url: URL, error: unknown): Found {
  const message = `${url.origin} cannot be reached: ${describe(error, url)}`;
  const fix =
    'check network, proxy, RELYABLE_API_URL and, for a CA of your own, NODE_EXTRA_CA_CERTS; only webhooks logs needs it';
  return apiKey === null ? warning(message, fix) : failure(message, fix);
}

/** Why a request failed; `fetch` tells it only in the cause of its error. */
function describe(error: unknown, url: URL): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${API_TIMEOUT_MS / 1000} s`;
  // The advice about TLS is removed, because it names options of other commands.
  return describeFailure(error.cause ?? error, url).replace(/; --cacert .*/, '');
}

function judgeAnswer(url: URL, { status, headers }: Response): Found {
  if (status >= 500) return warning(`${url.origin} answers ${status}`, 'try again later');
  // Every answer of the API carries its rate limit, a 404 as well.
  if (!headers.has('x-ratelimit-limit') && status !== 200 && status !== 401) {
    return warning(
      `${url.origin}${url.pathname} answers ${status}: it may not be the API`,
      'unset RELYABLE_API_URL and api.url, or correct them',
    );
  }
  return ok(`${url.origin} answers`);
}

/** The verdict on a key from the answer's status; `origin` is null without a key. */
export function judgeKey(origin: string | null, status: number): Found {
  if (origin === null) return NO_KEY;
  switch (status) {
    case 200:
      return ok(`from ${origin}, accepted`);
    case 401:
      return failure(
        `the API refused the key from ${origin} (401)`,
        'relyable open api-keys, and create a new key',
      );
    case 403:
      return warning(
        `the key from ${origin} may not list agents (403)`,
        'check its permissions in the dashboard',
      );
    case 429:
      return warning(`the key from ${origin} is over its rate limit (429)`, 'wait a minute');
    default:
      return info(`cannot tell whether the key from ${origin} is good: the API answered ${status}`);
  }
}
