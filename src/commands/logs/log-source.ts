import { type ApiClient, createApiClient } from '../../relyable/api/client.ts';
import { createProxyFetch, proxyFor } from '../../relyable/api/proxy.ts';
import type { WireProblem } from '../../relyable/api/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { type ApiFlags, resolveApi } from '../../config/api.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { errorMessage } from '../../errors.ts';
import { deliveredEventId, linkCapture } from './pages/capture-link.ts';
import type { LogEntry } from '../../relyable/log-entries.ts';
import { formatProblem } from '../kit/attempt-view.ts';
import { formatDuration } from '../../terminal/format.ts';
import type { CaptureReader } from '../../store/captures.ts';
import { VERSION } from '../../version.ts';
import { isLoopback } from '../../http/loopback.ts';
import { explainSettings, storeFile } from '../kit/invocation-config.ts';

const TIMEOUT_MS = 30_000;
const TRIES = 4;
/** A wait shorter than this is nobody's concern. */
const TOLD_WAIT_MS = 2000;
/** So many warnings of one kind are shown; the rest is counted. */
const SHOWN_PROBLEMS = 5;

export interface Api {
  readonly client: ApiClient;
  /** Where it is, e.g. `https://app.relyable.ai/api`. */
  readonly url: string;
}

/** The API client of this invocation: settings, key, proxy. */
export async function openApi(
  invocation: Invocation<ApiFlags>,
  layers: readonly ConfigLayer[],
): Promise<Api> {
  const { context, terminal, flags } = invocation;
  const { url, deliveriesPath, key } = resolveApi(context, layers, flags);
  const proxy = proxyFor(url.value, context.env);
  explainSettings(invocation, {
    'api.url': { value: url.value.href, origin: url.origin },
    'api.deliveriesPath': deliveriesPath,
    'API key': { value: '(hidden)', origin: key.origin },
    proxy: {
      value: proxy === undefined ? 'none' : withoutCredentials(proxy),
      origin: 'HTTPS_PROXY, NO_PROXY',
    },
  });
  if (url.value.protocol === 'http:' && !isLoopback(url.value)) {
    terminal.warn(`the API key goes to ${url.value.host} without TLS: it can be read on the way`);
  }
  const client = createApiClient({
    fetch: await createProxyFetch(context.fetch, url.value, context.env),
    baseUrl: url.value,
    deliveriesPath: deliveriesPath.value,
    key: key.value,
    userAgent: `relyable-cli/${VERSION}`,
    timeoutMs: TIMEOUT_MS,
    tries: TRIES,
    now: context.now,
    sleep: context.sleep,
    random: () => context.randomBytes(4).readUInt32LE() / 2 ** 32,
    onWait: (why, ms) => {
      const text = `${why}; waiting ${formatDuration(ms)}`;
      if (ms >= TOLD_WAIT_MS) terminal.info(text);
      else terminal.verbose(text);
    },
    signal: context.interrupt,
  });
  return { client, url: url.value.href.replace(/\/$/, '') };
}

function withoutCredentials(proxy: string): string {
  return proxy.replace(/\/\/[^/@]*@/, '//');
}

/** Warns of what did not fit, the same thing once: a page of a hundred makes no hundred lines. */
export function createProblemReporter({
  terminal,
}: Invocation<unknown>): (problems: readonly WireProblem[]) => void {
  const counts = new Map<string, number>();
  return (problems) => {
    for (const problem of problems) {
      // Array places differ from delivery to delivery; the field is the same.
      const kind = `${problem.path.replace(/\d+/g, 'n')} ${problem.effect}`;
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const shown = problem.effect === 'assumed' ? 1 : SHOWN_PROBLEMS;
      if (count <= shown) terminal.warn(formatProblem(problem));
      else terminal.verbose(formatProblem(problem));
      if (count === shown && problem.effect !== 'assumed') {
        terminal.warn(`further ones of this kind only under --verbose`);
      }
    }
  };
}

export interface CaptureLinker {
  /** The id of the capture that is this attempt's request; null where there is none. */
  find(entry: LogEntry): string | null;
  close(): void;
}

/** Ties attempts to the captures of the local store; without one it never finds any. */
export async function openCaptureLinker(
  invocation: Invocation<{ readonly store?: string }>,
  layers: readonly ConfigLayer[],
): Promise<CaptureLinker> {
  const file = storeFile(invocation, layers);
  const { openReader } = await import('../../store/writer.ts');
  let reader: CaptureReader | undefined;
  let isUsable = true;
  return {
    find: (entry) => {
      const eventId = deliveredEventId(entry.delivery);
      if (!isUsable || eventId === null) return null;
      try {
        // It may appear while we watch: a listener is started later.
        reader ??= openReader(file);
        return reader === undefined ? null : linkCapture(entry, reader.ofEvent(eventId));
      } catch (error) {
        isUsable = false;
        invocation.terminal.warn(`captures are not shown: ${errorMessage(error)}`);
        return null;
      }
    },
    close: () => reader?.close(),
  };
}
