import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { openReader, openStore } from '../../src/store/writer.ts';
import { startApp } from '../support/app.ts';
import { type RunningCli, startCli, temporaryHome } from '../support/cli.ts';

/** Processes that are killed, in rounds of one or two listeners on the same store. */
const KILLS = 30;
const SENDERS = 12;
/** Bytes of a body: most are small, as webhooks are. */
const SIZES = [1_000, 1_000, 1_000, 20_000, 100_000, 300_000];

const SECRET = 'whsec_test_kill';

const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

/** A body that no other request has; its length goes by `n`. */
function bodyOf(n: number): Buffer {
  const size = SIZES[n % SIZES.length] ?? 0;
  return Buffer.from(`{"event":"test_run.completed","n":${n},"fill":"`.padEnd(size, String(n)));
}

/** The status; null where the connection ended before the answer. */
function post(url: string, body: Buffer, agent: Agent): Promise<number | null> {
  return new Promise((resolve) => {
    const headers = { 'x-relyable-signature': signPayload(body, SECRET) };
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    sent.on('error', () => resolve(null));
    sent.end(body);
  });
}

async function startListener(
  args: readonly string[],
  home: string,
): Promise<{ cli: RunningCli; url: string }> {
  const cli = startCli(['webhooks', 'listen', '--port', '0', '--json', ...args], {
    home,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET },
  });
  const ready = JSON.parse(await cli.nextLine((line) => line.includes('"type":"ready"'))) as {
    url: string;
  };
  return { cli, url: ready.url };
}

/** Sends until the listener is dead, which it is after `answers` answers; the hashes it answered 200. */
async function loadAndKill(
  { cli, url }: { cli: RunningCli; url: string },
  answers: number,
  nextBody: () => Buffer,
): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const acknowledged: string[] = [];
  const send = async (): Promise<void> => {
    for (let status: number | null = 200; status !== null;) {
      const body = nextBody();
      status = await post(url, body, agent);
      if (status !== null) expect(status).toBe(200);
      if (status === 200) acknowledged.push(sha256(body));
      if (acknowledged.length >= answers) cli.child.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  agent.destroy();
  await cli.done;
  return acknowledged;
}

/** How often each body is in the store, by its hash. */
function storedBodies(file: string): Map<string, number> {
  const reader = openReader(file);
  const counts = new Map<string, number>();
  for (const { body } of reader?.each({}) ?? []) {
    const hash = sha256(body);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  reader?.close();
  return counts;
}

it(`what was answered 200 is in the store after ${KILLS} kills of loaded listeners`, async () => {
  const home = temporaryHome();
  const store = join(home, 'captures.db');
  const app = await startApp();
  let sent = 0;
  const nextBody = (): Buffer => bodyOf(sent++);
  const acknowledged: string[] = [];
  for (let kills = 0, round = 0; kills < KILLS; round++) {
    // One listener alone, two on one store, one that forwards.
    const kinds = [[[]], [[], []], [['--forward-to', app.url]]][round % 3] ?? [];
    const listeners = await Promise.all(
      kinds.map((args) => startListener(['--store', store, ...args], home)),
    );
    const answered = await Promise.all(
      // Killed at another point of a group each time.
      listeners.map((listener, index) =>
        loadAndKill(listener, 5 + ((round * 37 + index * 11) % 25), nextBody),
      ),
    );
    acknowledged.push(...answered.flat());
    kills += listeners.length;
    // Most listeners begin with the log of some that were killed.
    if (round % 8 === 7) expect(missingFrom(store, acknowledged)).toEqual([]);
  }
  expect(missingFrom(store, acknowledged)).toEqual([]);
  expect([...storedBodies(store).values()].filter((count) => count > 1)).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(KILLS * 5);
  // At rest the file alone is the whole store.
  openStore(store).close();
  const copy = join(home, 'copy.db');
  copyFileSync(store, copy);
  expect(missingFrom(copy, acknowledged)).toEqual([]);
}, 300_000);

function missingFrom(store: string, acknowledged: readonly string[]): string[] {
  const stored = storedBodies(store);
  return acknowledged.filter((hash) => !stored.has(hash));
}
