// The inspector's thread: reading the store and finding causes must not hold up a listener.
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../errors.ts';
import { elapsedMs } from '../system/latency.ts';
import type { InspectorWorld } from './inspector-options.ts';
import { startInspector } from './server.ts';
import type { FromInspector, ThreadData, ToInspector } from './thread-messages.ts';

const world: InspectorWorld = {
  now: () => Date.now(),
  elapsed: elapsedMs,
  randomBytes,
  fetch: globalThis.fetch,
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

if (parentPort !== null) {
  const port = parentPort;
  const tell = (message: FromInspector): void => port.postMessage(message);
  startInspector(workerData as ThreadData, world).then(
    (inspector) => {
      port.on('message', (message: ToInspector) => {
        if (message.type === 'secrets') inspector.replaceSecrets(message.secrets);
        else if (message.type === 'public-address') inspector.showPublicAddress(message.address);
        else void inspector.close().then(() => port.close());
      });
      tell({ type: 'ready', url: inspector.url });
    },
    (error: unknown) => {
      const known = error instanceof RelyableError ? error : undefined;
      const [code, hint] = [known?.code ?? null, known?.hint];
      tell({ type: 'failed', code, message: errorMessage(error), hint });
    },
  );
}
