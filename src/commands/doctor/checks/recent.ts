import { LOCAL_KEY } from '../../../config/api.ts';
import { createApiClient } from '../../../relyable/api/client.ts';
import { createProxyFetch } from '../../../relyable/api/proxy.ts';
import { isLoopback } from '../../../http/loopback.ts';
import { formatCount } from '../../../terminal/format.ts';
import { VERSION } from '../../../version.ts';
import { errorMessage } from '../../../errors.ts';
import { type Check, type Found, info, ok, warning } from '../finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** At most this many captures are counted. */
const MAX_COUNTED = 1000;
const PAGE_SIZE = 100;
const TIMEOUT_MS = 4000;

/** Captures of the last day that the app did not accept, or whose signature was not valid. */
export const checkCaptures: Check = async ({ context, store }) => {
  const { openReader } = await import('../../../store/writer.ts');
  const since = context.now() - DAY_MS;
  const reader = openReader(store.value);
  try {
    const count = (filter: object): number =>
      reader?.list({ ...filter, since }, MAX_COUNTED).length ?? 0;
    const [failed, invalid] = [count({ failed: true }), count({ invalid: true })];
    if (failed === 0 && invalid === 0) {
      return [ok(`${describe(count({}))} in the last day, none failed`)];
    }
    return [
      ...(failed === 0
        ? []
        : [
            warning(
              `your app did not answer ${describe(failed)} of the last day with 200`,
              'relyable webhooks captures replay --failed --since 24h sends them again',
            ),
          ]),
      ...(invalid === 0
        ? []
        : [
            warning(
              `${describe(invalid)} of the last day without a valid signature`,
              'relyable webhooks verify last --explain says why; captures list --invalid --since 24h lists them',
            ),
          ]),
    ];
  } finally {
    reader?.close();
  }
};

function describe(count: number): string {
  return count >= MAX_COUNTED ? `${MAX_COUNTED} captures or more` : formatCount(count, 'capture');
}

/** Deliveries of the last day that failed or will be retried. Needs an API key, or an API on this machine. */
export const checkDeliveries: Check = async (subject, signal) => {
  const { context, api, apiKey, deliveriesPath } = subject;
  const isLocal = isLoopback(api.value);
  const key = apiKey?.value ?? (isLocal ? LOCAL_KEY : null);
  const isPlain = api.value.protocol === 'http:' && !isLocal;
  if (key === null || isPlain) return [];
  const client = createApiClient({
    fetch: await createProxyFetch(context.fetch, api.value, context.env),
    baseUrl: api.value,
    deliveriesPath,
    key,
    userAgent: `relyable-cli/${VERSION}`,
    timeoutMs: TIMEOUT_MS,
    tries: 1,
    now: context.now,
    sleep: context.sleep,
    random: () => 0,
    signal,
  });
  const since = context.now() - DAY_MS;
  try {
    const { deliveries } = await client.listDeliveries({ page: 1, limit: PAGE_SIZE, since });
    const recent = deliveries.filter(({ attempts }) => (attempts.at(-1)?.at ?? 0) >= since);
    return [judgeDeliveries(recent.map(({ state }) => state))];
  } catch (error) {
    return [info(`cannot tell: ${errorMessage(error)}`)];
  }
};

/** The verdict on the states of deliveries, at most `PAGE_SIZE`. */
export function judgeDeliveries(states: readonly string[]): Found {
  const all = `${formatCount(states.length, 'delivery', 'deliveries')} of the last day`;
  const among = states.length >= PAGE_SIZE ? `the newest ${all}` : all;
  const failed = states.filter((state) => state === 'failed').length;
  const retrying = states.filter((state) => state === 'retrying').length;
  if (failed === 0 && retrying === 0) return ok(`${among}, none failed`);
  return warning(
    `${among}: ${failed} failed for good, ${retrying} will be tried again`,
    failed > 0
      ? 'relyable webhooks logs list --status failed lists them'
      : 'relyable webhooks logs list lists them',
  );
}
