import type { Invocation } from '../../invocation.ts';
import { DEFAULT_EMULATOR_PORT, DEFAULT_HOST } from '../../config/defaults.ts';
import { openEndpointSecrets } from '../../config/endpoint-secrets.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { resolveSecrets } from '../../config/secrets.ts';
import { pickSetting, storeSetting } from '../../config/settings.ts';
import { parseHost, parseInteger, parseSpeed, parseTargetUrl } from '../../config/values.ts';
import { MAX_KEPT } from './emulator/delivery-log.ts';
import { createEmulator, type Emulator, type EmulatorMemory } from './emulator/emulator.ts';
import type { EmulatorEvent } from './emulator/events.ts';
import { parseFaults } from './emulator/faults.ts';
import { MAX_SEED, seededFractions } from '../../relyable/seeded-random.ts';
import { serveHandler } from './emulator/server.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { EmulateFlags } from './options.ts';
import { createSender } from '../../http/client/send.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { attemptToJson, formatAttempt } from '../kit/attempt-view.ts';
import {
  type EmulatorSummary,
  formatNotice,
  formatReady,
  formatSummary,
  noticeToJson,
  readyToJson,
  summaryToJson,
} from './view.ts';
import { createLineBatch } from '../../terminal/line-batch.ts';
import type { EmulatorStore } from '../../store/emulator-store.ts';
import { VERSION } from '../../version.ts';
import { isOpen } from '../../relyable/delivery.ts';
import { isEventType } from '../../relyable/event-type.ts';
import type { RetryReading } from '../../relyable/retry.ts';
import { safeJson } from '../../json/safe-json.ts';
import { writeReadyFile } from '../kit/ready-file.ts';
import {
  announceSecrets,
  explainSettings,
  loadLayers,
  whenAborted,
} from '../kit/invocation-config.ts';

/** How long attempts under way may take once we are told to stop. */
const GRACE_MS = 5000;
/** Of a delivery; Relyable's own is not published. */
const DELIVERY_TIMEOUT_MS = 30_000;
const CONCURRENCY = 64;
const NO_LIMIT = 1_000_000;

/** Serves the API and delivers until it is stopped. */
export async function run(invocation: Invocation<EmulateFlags>): Promise<number> {
  const { context, terminal, flags } = invocation;
  const layers = await loadLayers(invocation);
  const port = parseInteger(flags.port ?? String(DEFAULT_EMULATOR_PORT), '--port', 0, 65_535);
  const speed = parseSpeed(flags.speed ?? '1x', '--speed');
  const reading = pickSetting<RetryReading>(context, layers, {
    config: (values) => values.retryReading,
    fallback: 'gaps',
  }).value as RetryReading;
  const faults = parseFaults(flags.faults ?? '');
  const rateLimit = parseInteger(flags.rateLimit ?? String(NO_LIMIT), '--rate-limit', 1, NO_LIMIT);
  const urls = (flags.endpoint ?? []).map((text) => parseTargetUrl(text, '--endpoint').href);
  const secrets = resolveSecrets(context, layers, flags);
  const secret = secrets.chosen[0].value;
  const random = seededFractions(
    flags.seed === undefined
      ? context.randomBytes(4).readUInt32LE()
      : parseInteger(flags.seed, '--seed', 0, MAX_SEED),
    'emulate',
  );
  announceSecrets(invocation, secrets);
  const { store, file } = await openMemory(invocation, layers);
  const memory = store === undefined ? undefined : readMemory(invocation, store, secret);
  const sender = createSender({
    timeoutMs: DELIVERY_TIMEOUT_MS,
    tls: { rejectUnauthorized: true },
    connections: CONCURRENCY,
  });
  const { show, end, summary } = createDisplay(invocation);
  try {
    const emulator = createEmulator({
      clock: context,
      speed,
      reading,
      sender,
      concurrency: CONCURRENCY,
      userAgent: `relyable-emulator/${VERSION}`,
      random,
      ...(flags.apiKey === undefined ? {} : { apiKey: flags.apiKey }),
      rateLimit,
      faults,
      emit: show,
      ...(memory === undefined ? {} : { memory }),
    });
    for (const url of urls) await emulator.register(url, secret);
    const server = await serveHandler(emulator.handler, {
      host: parseHost(flags.host ?? DEFAULT_HOST, '--host'),
      port,
    });
    try {
      const ready = {
        url: `${server.url}/api`,
        endpoints: emulator.endpoints.list().map(({ id, url }) => ({ id, url })),
        speed,
        reading,
        store: file ?? null,
        resumed: memory?.deliveries.filter(isOpen).length ?? 0,
      };
      if (terminal.isJson) terminal.json(readyToJson(ready));
      else terminal.info(formatReady(ready, terminal.errorStyle));
      const removeReadyFile = writeReadyFile(context.cwd, flags.readyFile, ready.url);
      await whenAborted(context.interrupt);
      removeReadyFile();
    } catch (error) {
      // Nothing goes on listening behind an error.
      await stop(server, emulator, 0);
      throw error;
    }
    await stop(server, emulator, GRACE_MS);
  } finally {
    sender.close();
    store?.close();
  }
  end();
  if (terminal.isJson) terminal.json(summaryToJson(summary));
  else terminal.info(formatSummary(summary));
  return EXIT_SUCCESS;
}

async function stop(
  server: { close(graceMs: number): Promise<void> },
  { engine }: Emulator,
  graceMs: number,
): Promise<void> {
  await Promise.all([server.close(graceMs), engine.stop(graceMs)]);
}

async function openMemory(
  invocation: Invocation<EmulateFlags>,
  layers: readonly ConfigLayer[],
): Promise<{ store?: EmulatorStore; file?: string }> {
  const flag = invocation.flags.store;
  if (flag === undefined || flag === false) return {};
  const setting = storeSetting(invocation.context, layers, flag === true ? undefined : flag);
  explainSettings(invocation, { store: setting });
  const { openEmulatorStore } = await import('../../store/emulator-store.ts');
  return { store: openEmulatorStore(setting.value), file: setting.value };
}

function readMemory(
  { context }: Invocation<EmulateFlags>,
  store: EmulatorStore,
  commonSecret: string,
): EmulatorMemory {
  const secrets = openEndpointSecrets(context);
  return {
    endpoints: store.endpoints().map(({ id, url, events, createdAt }) => ({
      id,
      url,
      events: events.filter(isEventType),
      createdAt,
      secret: secrets.get(id) ?? commonSecret,
    })),
    deliveries: store.deliveries(MAX_KEPT),
    journal: {
      addEndpoint: (endpoint) => {
        if (endpoint.secret !== commonSecret) secrets.set(endpoint.id, endpoint.secret);
        return store.addEndpoint(endpoint);
      },
      removeEndpoint: (id) => {
        secrets.remove(id);
        return store.removeEndpoint(id);
      },
      addDelivery: store.addDelivery,
      addAttempt: store.addAttempt,
      updateState: store.updateState,
    },
  };
}

/** Shows what happens and counts it. */
function createDisplay({ context, terminal }: Invocation<EmulateFlags>): {
  show: (event: EmulatorEvent) => void;
  /** Call it before the summary. */
  end: () => void;
  summary: EmulatorSummary;
} {
  const out = createLineBatch(context.stdout, terminal.warn);
  const summary = { attempts: 0, delivered: 0, failed: 0 };
  const show = (event: EmulatorEvent): void => {
    switch (event.type) {
      case 'attempt': {
        const entry = entriesOf(event.delivery).at(-1);
        summary.attempts += 1;
        if (event.delivery.state === 'delivered') summary.delivered += 1;
        if (entry === undefined) return;
        const line = { entry, captureId: null };
        const view = { style: terminal.style, isUtc: terminal.isUtc, now: entry.attempt.at };
        out.line(
          terminal.isJson
            ? safeJson(attemptToJson(line))
            : terminal.legible(formatAttempt(line, view)),
        );
        return;
      }
      case 'notice':
        summary.failed += 1;
        if (terminal.isJson) out.line(safeJson(noticeToJson(event.delivery)));
        else {
          out.flush();
          const notice = formatNotice(event.delivery, terminal.errorStyle);
          context.stderr.write(`${terminal.legible(notice)}\n`);
        }
        return;
      case 'warning':
        out.flush();
        terminal.warn(event.message);
    }
  };
  return { show, end: out.end, summary };
}
