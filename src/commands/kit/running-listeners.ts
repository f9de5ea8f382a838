import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePrivateFolder } from '../../system/private-folder.ts';
import { createSender } from '../../http/client/send.ts';
import type { PublicAddressDocument } from '../../inspector/api-types.ts';

/** A running `listen`, as it announces itself to the other commands of this user. */
export interface ListenerInfo {
  /** Where it accepts requests, e.g. `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Where it is reached from outside; null without `--tunnel` and `--public-url`. */
  readonly publicAddress: PublicAddressDocument | null;
}

/** What a listener has told the other commands about itself. */
export interface Announcement {
  /** Replaces the address that was announced. */
  showPublicAddress(address: PublicAddressDocument): void;
  withdraw(): void;
}

/** `service` in a listener's health document, which identifies it. */
export const LISTENER_SERVICE = 'relyable listen';

const PROBE_TIMEOUT_MS = 1000;

/**
 * Writes `<dataFolder>/listeners/<port>.json`. Nothing here throws: a listener works without the file,
 * but other commands then need its URL.
 */
export function announceListener(dataFolder: string, info: ListenerInfo): Announcement {
  const file = announcementFile(dataFolder, info.url);
  const write = (text: ListenerInfo): void => {
    const draft = `${file}.${info.pid}`;
    try {
      makePrivateFolder(dirname(file));
      writeFileSync(draft, `${JSON.stringify(text)}\n`, { mode: 0o600 });
      // A reader sees the whole file or none.
      renameSync(draft, file);
    } catch {
      // The listener goes on without it.
    }
  };
  // Another listener may use the same port on another address.
  const isOurs = (): boolean => readListener(file)?.pid === info.pid;
  write(info);
  return {
    showPublicAddress: (publicAddress) => {
      if (isOurs()) write({ ...info, publicAddress });
    },
    withdraw: () => {
      try {
        if (isOurs()) unlinkSync(file);
      } catch {
        // Gone already.
      }
    },
  };
}

/** The public address that the listener at `url` announces now; null without one, or where it ended. */
export function readPublicAddress(dataFolder: string, url: string): PublicAddressDocument | null {
  return readListener(announcementFile(dataFolder, url))?.publicAddress ?? null;
}

function announcementFile(dataFolder: string, url: string): string {
  const { port, protocol } = new URL(url);
  return join(dataFolder, 'listeners', `${port || (protocol === 'https:' ? '443' : '80')}.json`);
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
    const { url, pid, startedAt, publicAddress } = JSON.parse(
      readFileSync(file, 'utf8'),
    ) as ListenerInfo;
    const isWhole =
      typeof url === 'string' &&
      /^https?:$/.test(new URL(url).protocol) &&
      typeof pid === 'number' &&
      typeof startedAt === 'string';
    if (!isWhole) return undefined;
    // Earlier versions do not tell it.
    return { url, pid, startedAt, publicAddress: isAddress(publicAddress) ? publicAddress : null };
  } catch {
    return undefined;
  }
}

function isAddress(value: unknown): value is PublicAddressDocument {
  const { url, provider, isUp, message } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof url === 'string' &&
    (provider === null || typeof provider === 'string') &&
    typeof isUp === 'boolean' &&
    (message === null || typeof message === 'string')
  );
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
