import type { Invocation } from '../../invocation.ts';
import { SETTINGS, storeSetting } from '../../config/settings.ts';
import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { createSender } from '../../http/client/send.ts';
import { isOpen } from '../../relyable/delivery.ts';
import { seededFractions } from '../../relyable/seeded-random.ts';
import type { RetryReading } from '../../relyable/retry.ts';
import type { EmulatorStore } from '../../store/emulator-store.ts';
import { VERSION } from '../../version.ts';
import {
  announceSecrets,
  explainSettings,
  type InvocationConfig,
  readConfig,
  whenAborted,
} from '../kit/invocation-config.ts';
import { prepareReadyFile, writeReadyFile } from '../kit/ready-file.ts';
import { EmulatorDisplay } from './display.ts';
import { createEmulator, type Emulator } from './emulator/emulator.ts';
import { type EmulatorServer, serveHandler } from './emulator/server.ts';
import { createMemory } from './memory.ts';
import type { EmulateOptions } from './options.ts';
import { type EmulatorReady, readyView, summaryView } from './view.ts';

/** How long attempts under way may take after the signal to stop, ms. */
const GRACE_MS = 5000;
/** The limit of a delivery; Relyable's own is not published. */
const DELIVERY_TIMEOUT_MS = 30_000;
/** Attempts in flight to each endpoint. */
const CONCURRENCY = 64;

/** Serves the API and delivers until it is stopped. */
export async function run(invocation: Invocation<EmulateOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  context.endWithReader();
  prepareReadyFile(context, options.readyFile);
  const config = await readConfig(invocation);
  const reading = config.setting(
    SETTINGS.retryReading,
    parseOneOf<RetryReading>(['gaps', 'offsets']),
  ).value;
  const secrets = config.secrets();
  const secret = secrets.chosen[0].value;
  announceSecrets(invocation, secrets);
  const opened = await openStore(invocation, config);
  const memory = opened === null ? undefined : createMemory(context, opened.store, secret);
  const sender = createSender({
    timeoutMs: DELIVERY_TIMEOUT_MS,
    tls: { rejectUnauthorized: true },
    // The engine limits them, for each endpoint.
    connections: Infinity,
  });
  const display = new EmulatorDisplay(context, terminal);
  try {
    const { speed, apiKey, rateLimit, faults, seed } = options;
    const emulator = createEmulator({
      clock: context,
      speed,
      reading,
      sender,
      concurrency: CONCURRENCY,
      userAgent: `relyable-emulator/${VERSION}`,
      random: seededFractions(seed ?? context.randomBytes(4).readUInt32LE(), 'emulate'),
      rateLimit,
      faults: faults ?? [],
      emit: (event) => display.show(event),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(memory === undefined ? {} : { memory }),
    });
    for (const { href } of options.endpoint) await emulator.register(href, secret);
    if (options.send.length > 0 && emulator.endpoints.list().length === 0) {
      throw new RelyableError('USAGE', '--send: expected an endpoint to send to', {
        hint: 'add --endpoint <url>, e.g. --endpoint 4400',
      });
    }
    await serve(invocation, emulator, {
      speed,
      reading,
      store: opened?.file ?? null,
      resumed: memory?.deliveries.filter(isOpen).length ?? 0,
    });
  } finally {
    sender.close();
    opened?.store.close();
  }
  display.end();
  terminal.note(summaryView(display.summary));
  return EXIT_SUCCESS;
}

/** The store of `--store`, which holds the emulator's state; null without that option. */
async function openStore(
  invocation: Invocation<EmulateOptions>,
  config: InvocationConfig<EmulateOptions>,
): Promise<{ store: EmulatorStore; file: string } | null> {
  const { context, options } = invocation;
  if (options.store === undefined) return null;
  const setting = storeSetting(context, config.layers, options.store.file);
  explainSettings(invocation, { store: setting });
  const { openEmulatorStore } = await import('../../store/emulator-store.ts');
  return { store: openEmulatorStore(setting.value), file: setting.value };
}

/** Serves the API until the program is stopped, then lets attempts under way end. */
async function serve(
  { context, terminal, options }: Invocation<EmulateOptions>,
  emulator: Emulator,
  facts: Omit<EmulatorReady, 'url' | 'endpoints'>,
): Promise<void> {
  const { host, port } = options;
  const server = await serveHandler(emulator.handler, { host, port });
  try {
    const url = `${server.url}/api`;
    const endpoints = emulator.endpoints.list().map(({ id, url }) => ({ id, url }));
    terminal.note(readyView({ url, endpoints, ...facts }));
    const removeReadyFile = writeReadyFile(context.cwd, options.readyFile, url);
    for (const type of options.send.flat()) await emulator.send(type);
    await whenAborted(context.interrupt);
    removeReadyFile();
  } catch (error) {
    await stop(server, emulator, 0);
    throw error;
  }
  await stop(server, emulator, GRACE_MS);
}

async function stop(server: EmulatorServer, { engine }: Emulator, graceMs: number): Promise<void> {
  await Promise.all([server.close(graceMs), engine.stop(graceMs)]);
}
