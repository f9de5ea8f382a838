import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../../system/private-folder.ts';
import { createSender } from '../../http/client/send.ts';

/** A running `listen`, as it announces itself to the other commands of this user. */
export interface ListenerInfo {
  /** Where it accepts requests, e.g. `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** `service` in a listener's health document, which identifies it. */
export const LISTENER_SERVICE = 'relyable listen';

const PROBE_TIMEOUT_MS = 1000;

/**
 * Writes `<dataFolder>/listeners/<port>.json`; the returned function removes it. Neither throws: a
 * listener works without the file, but other commands then need its URL.
 */
export function announceListener(dataFolder: string, info: ListenerInfo): () => void {
  const folder = join(dataFolder, 'listeners');
  const { port, protocol } = new URL(info.url);
  const file = join(folder, `${port || (protocol === 'https:' ? '443' : '80')}.json`);
  const draft = `${file}.${info.pid}`;
  try {
    makePrivateFolder(folder);
    writeFileSync(draft, `${JSON.stringify(info)}\n`, { mode: 0o600 });
    // A reader sees the whole file or none.
    renameSync(draft, file);
  } catch {
    return () => undefined;
  }
  return () => {
    try {
      // Another listener may use the same port on another address.
      if (readListener(file)?.pid === info.pid) unlinkSync(file);
    } catch {
      // Gone already.
    }
  };
}

/**
 * The newest announced listener that answers `GET /` with its health document; undefined when
 * none does. The file of a killed listener is ignored, and not removed.
 */
export async function findListener(
  dataFolder: string,
  signal?: AbortSignal,
): Promise<ListenerInfo | undefined> {
  const announced = readListeners(join(dataFolder, 'listeners'));
  const sender = createSender({
    timeoutMs: PROBE_TIMEOUT_MS,
    tls: { rejectUnauthorized: false },
    ...(signal === undefined ? {} : { signal }),
  });
  const probes = announced.map(async (info) => {
    const url = new URL('/', info.url);
    const answer = await sender.send({
      method: 'GET',
      url,
      headers: [],
      body: Buffer.alloc(0),
    });
    return answer.status === 200 && isHealthDocument(answer.body);
  });
  try {
    for (const [index, probe] of probes.entries()) {
      if (await probe) return announced[index];
    }
    return undefined;
  } finally {
    sender.close();
  }
}

function readListeners(folder: string): ListenerInfo[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return [];
  }
  return names
    .map((name) => readListener(join(folder, name)))
    .filter((info) => info !== undefined)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

function readListener(file: string): ListenerInfo | undefined {
  try {
    const { url, pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as ListenerInfo;
    const isWhole =
      typeof url === 'string' &&
      /^https?:$/.test(new URL(url).protocol) &&
      typeof pid === 'number' &&
      typeof startedAt === 'string';
    return isWhole ? { url, pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an answer to `GET /` is a listener's health document. */
export function isHealthDocument(body: Buffer): boolean {
  try {
    const document = JSON.parse(body.toString('utf8')) as { service?: unknown } | null;
    return document?.service === LISTENER_SERVICE;
  } catch {
    return false;
  }
}
