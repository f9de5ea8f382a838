import { type ApiClient, createApiClient } from '../../relyable/api/client.ts';
import { fetchThrough } from '../../relyable/api/proxy.ts';
import type { WireProblem } from '../../relyable/api/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { errorMessage } from '../../errors.ts';
import { deliveredEventId, linkCapture } from '../../relyable/capture-link.ts';
import type { LogEntry } from '../../relyable/log-entries.ts';
import { formatProblem } from './attempt-view.ts';
import { formatDuration } from '../../terminal/format.ts';
import type { CaptureReader } from '../../store/captures.ts';
import { VERSION } from '../../version.ts';
import { resolveApiAccess } from './api-access.ts';
import type { InvocationConfig } from './invocation-config.ts';
import type { OptionsOf } from './options.ts';
import { apiOptions } from './shared-options.ts';

const TIMEOUT_MS = 30_000;
const TRIES = 4;
/** A shorter wait is mentioned only under `--verbose`. */
const SHOWN_WAIT_MS = 2000;
/** Further warnings of one kind are shown only under `--verbose`. */
const SHOWN_PROBLEMS = 5;

/** The options that say where the API is. */
export type ApiOptions = OptionsOf<typeof apiOptions>;

export interface Api {
  readonly client: ApiClient;
  /** Where it is, e.g. `https://app.relyable.ai/api`. */
  readonly url: string;
}

export interface ApiUse {
  /** Ends requests and waits; by default the signal that ends the command. */
  readonly signal?: AbortSignal;
  /** For a command that waits again and again: each kind of wait is mentioned once. */
  readonly tellsWaitsOnce?: boolean;
}

/** The API client of this invocation: settings, key, proxy. */
export async function openApi(
  invocation: Invocation<ApiOptions>,
  config: InvocationConfig<ApiOptions>,
  { signal = invocation.context.interrupt, tellsWaitsOnce = false }: ApiUse = {},
): Promise<Api> {
  const { context, terminal, options } = invocation;
  const { apiUrl } = config.settings(apiOptions);
  const { url, deliveriesPath, key, proxy } = resolveApiAccess(
    invocation,
    config,
    apiUrl,
    options.apiKeyFile,
  );
  const reportedWaits = new Set<string>();
  const client = createApiClient({
    fetch: await fetchThrough(context.fetch, proxy),
    baseUrl: new URL(url),
    deliveriesPath,
    key,
    userAgent: `relyable-cli/${VERSION}`,
    timeoutMs: TIMEOUT_MS,
    tries: TRIES,
    now: context.now,
    sleep: context.sleep,
    random: () => context.randomBytes(4).readUInt32LE() / 2 ** 32,
    onWait: (why, ms) => {
      const text = `${why}; waiting ${formatDuration(ms)}`;
      if (ms < SHOWN_WAIT_MS || reportedWaits.has(why)) {
        terminal.verbose(text);
        return;
      }
      if (tellsWaitsOnce) reportedWaits.add(why);
      terminal.info(tellsWaitsOnce ? `${text} (further such waits only under --verbose)` : text);
    },
    signal,
  });
  return { client, url: url.replace(/\/$/, '') };
}

/** Warns of invalid fields, a few times for each: a page of a hundred deliveries may repeat them. */
export function createProblemReporter({
  terminal,
}: Invocation<unknown>): (problems: readonly WireProblem[]) => void {
  const counts = new Map<string, number>();
  return (problems) => {
    for (const problem of problems) {
      // Array indexes differ from delivery to delivery; the field is the same.
      const kind = `${problem.path.replace(/\d+/g, 'n')} ${problem.effect}`;
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const shown = problem.effect === 'assumed' ? 1 : SHOWN_PROBLEMS;
      if (count <= shown) terminal.warn(formatProblem(problem));
      else terminal.verbose(formatProblem(problem));
      if (count === shown && problem.effect !== 'assumed') {
        terminal.warn('further warnings of this kind are shown only under --verbose');
      }
    }
  };
}

export interface CaptureLinker {
  /** The id of the capture that is this attempt's request; null where there is none. */
  find(entry: LogEntry): string | null;
  close(): void;
}

/** Matches attempts with the captures of the local store; without a store it finds none. */
export async function openCaptureLinker(
  { terminal }: Invocation<unknown>,
  config: InvocationConfig<{ readonly store?: string | undefined }>,
): Promise<CaptureLinker> {
  const file = config.storeFile();
  const { openReader } = await import('../../store/writer.ts');
  let reader: CaptureReader | undefined;
  let isUsable = true;
  return {
    find: (entry) => {
      const eventId = deliveredEventId(entry.delivery);
      if (!isUsable || eventId === null) return null;
      try {
        // Tried each time: a listener that starts later creates the store.
        reader ??= openReader(file);
        // A capture from the log itself is not the request of an attempt.
        const received = reader?.ofEvent(eventId).filter(({ source }) => source === undefined);
        return received === undefined ? null : linkCapture(entry, received);
      } catch (error) {
        isUsable = false;
        terminal.warn(`captures are not shown: ${errorMessage(error)}`);
        return null;
      }
    },
    close: () => reader?.close(),
  };
}
