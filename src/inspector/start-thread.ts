import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RelyableError } from '../errors.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import type { PublicAddressDocument } from './api-types.ts';
import type { InspectorOptions } from './inspector-options.ts';
import type { FromInspector, ToInspector } from './thread-messages.ts';

/** A running inspector, as its thread's starter sees it. */
export interface InspectorThread {
  /** With the token: opening it lets a browser in. */
  readonly url: string;
  /** Rejects where the thread fails; never resolves. */
  readonly failed: Promise<never>;
  /** Verifies and signs with these from here on. */
  replaceSecrets(secrets: readonly SecretCandidate[]): void;
  /** Shows on open pages where the listener is reached from outside from here on. */
  showPublicAddress(address: PublicAddressDocument | null): void;
  close(): Promise<void>;
}

/** The thread lies beside this module's chunk, and the page beside the chunks. */
const THREAD_FILE = join(import.meta.dirname, 'inspector-thread.cjs');
const PAGE_FOLDER = join(import.meta.dirname, '../page');

/** Starts the inspector in a thread of its own; rejects as `startInspector` does. */
export async function startInspectorThread(
  options: Omit<InspectorOptions, 'pageFolder'>,
): Promise<InspectorThread> {
  const workerData: InspectorOptions = { ...options, pageFolder: PAGE_FOLDER };
  const worker = new Worker(THREAD_FILE, { workerData });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  // It may fail at any time; a caller that does not wait for it is told by the page.
  failed.catch(() => undefined);
  const first = new Promise<FromInspector>((resolve) => worker.once('message', resolve));
  const message = await Promise.race([first, failed]);
  if (message.type === 'failed') {
    await worker.terminate();
    const { code, hint } = message;
    if (code === null) throw new Error(message.message);
    throw new RelyableError(code, message.message, hint === undefined ? {} : { hint });
  }
  const tell = (text: ToInspector): void => worker.postMessage(text);
  return {
    url: message.url,
    failed,
    replaceSecrets: (secrets) => tell({ type: 'secrets', secrets }),
    showPublicAddress: (address) => tell({ type: 'public-address', address }),
    close: () =>
      new Promise((resolve) => {
        worker.once('exit', () => resolve());
        tell({ type: 'close' });
      }),
  };
}
