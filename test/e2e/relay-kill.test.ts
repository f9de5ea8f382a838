import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { openReader } from '../../src/store/writer.ts';
import { startApp } from '../support/app.ts';
import { connect, storedRequests } from '../relay/relay-world.ts';
import { type RunningCli, spawnCli, startCli, temporaryFolder } from '../support/cli.ts';
import { hasNats, startNats } from '../support/nats.ts';
import { reservePort } from '../support/reserve-port.ts';

/** How often each of the three is killed; the figures of docs/relay.md are from 20. */
const KILLS = Number(process.env['RELYABLE_RELAY_KILLS'] ?? 2);
/** Requests that are answered 200 between two kills. */
const BETWEEN = 40;
const SENDERS = 4;

const SECRET = 'whsec_test_relay';
const env = { RELYABLE_WEBHOOK_SECRET: SECRET };

const bodyOf = (n: number): Buffer =>
  Buffer.from(`{"id":"evt_${n}","event":"test_run.completed","x":"${'x'.repeat(n % 3000)}"}`);

/** The status; null where the connection ended before the answer. */
function post(port: number, body: Buffer): Promise<number | null> {
  return new Promise((resolve) => {
    const headers = { 'X-Relyable-Signature': signPayload(body, SECRET) };
    const sent = request(
      { host: '127.0.0.1', port, method: 'POST', path: '/hook', headers, agent: false },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? null));
        response.on('error', () => resolve(null));
      },
    );
    sent.on('error', () => resolve(null));
    sent.end(body);
  });
}

/** Senders that repeat each request until it is answered 200, as Relyable does, without its waits. */
class Senders {
  readonly answered: number[] = [];
  private readonly ports: readonly number[];
  private next = 0;
  private isStopped = false;
  private readonly running: Promise<unknown>;

  /** Attempts go to the ports in turn, as a load balancer sends them. */
  constructor(...ports: readonly number[]) {
    this.ports = ports;
    this.running = Promise.all(Array.from({ length: SENDERS }, () => this.send()));
    onTestFinished(() => this.stop());
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async send(): Promise<void> {
    while (!this.isStopped) {
      const n = this.next++;
      for (let attempt = n; ; attempt++) {
        const port = this.ports[attempt % this.ports.length] ?? 0;
        if ((await post(port, bodyOf(n))) === 200) break;
        if (this.isStopped) return;
        await sleepFor(20);
      }
      this.answered.push(n);
    }
  }
}

async function kill({ child, done }: RunningCli): Promise<string> {
  child.kill('SIGKILL');
  return (await done).stdout;
}

describe.skipIf(!hasNats)('a relay and a listener with nats-server', () => {
  it(
    'lose nothing and forward nothing twice unmarked, whatever of the three is killed',
    async () => {
      const nats = await startNats();
      const [relayPort, store] = [await reservePort(), join(temporaryFolder(), 'captures.db')];
      const relayArgs = ['webhooks', 'relay', '--nats', nats.url, '--port', String(relayPort)];
      const app = await startApp();
      const startRelay = (): RunningCli =>
        startCli([...relayArgs, '--admin-port', '0', '--json'], { env });
      const startListener = (): RunningCli =>
        startCli(
          `webhooks listen --from ${nats.url} --as ada --since all -p 0 --json --concurrency 8 --store ${store} -f ${app.url}`.split(
            ' ',
          ),
          { env },
        );
      expect(await spawnCli(['webhooks', 'relay', 'init', '--nats', nats.url])).toMatchObject({
        code: 0,
      });
      let relay = startRelay();
      let listener = startListener();
      const output: string[] = [];
      const senders = new Senders(relayPort);
      for (let round = 0; round < KILLS * 3; round++) {
        const before = senders.answered.length;
        await expect.poll(() => senders.answered.length - before).toBeGreaterThan(BETWEEN);
        if (round % 3 === 0) {
          await nats.kill();
          await nats.start();
        } else if (round % 3 === 1) {
          await kill(relay);
          relay = startRelay();
        } else {
          output.push(await kill(listener));
          listener = startListener();
        }
      }
      await senders.stop();
      const numbers = (): Set<string> => {
        const reader = openReader(store);
        const ids = [...(reader?.each({}) ?? [])].map(({ eventId }) => eventId);
        reader?.close();
        return new Set(ids);
      };
      const missing = (): string[] => {
        const stored = numbers();
        return senders.answered.map((n) => `evt_${n}`).filter((id) => !stored.has(id));
      };
      await expect.poll(missing).toEqual([]);
      const forwarded = (): string[] =>
        app.received.map(({ body }) => (JSON.parse(body.toString()) as { id: string }).id);
      const unforwarded = (): string[] => {
        const ids = new Set(forwarded());
        return senders.answered.map((n) => `evt_${n}`).filter((id) => !ids.has(id));
      };
      await expect.poll(unforwarded).toEqual([]);
      listener.child.kill('SIGINT');
      output.push((await listener.done).stdout);
      const marked = new Set(
        output
          .join('')
          .split('\n')
          .filter((line) => /"code":"(forwarded_again|duplicate)".*}$/.test(line))
          .map((line) => (JSON.parse(line) as { eventId: string }).eventId),
      );
      const all = forwarded();
      const twice = all.filter((id, index) => all.indexOf(id) !== index);
      expect(twice.filter((id) => !marked.has(id))).toEqual([]);
      if (process.env['RELYABLE_RELAY_KILLS'] !== undefined) {
        console.log(
          `${KILLS} kills of each: ${senders.answered.length} answered 200, ${twice.length} forwarded twice, all marked`,
        );
      }
    },
    KILLS * 60_000,
  );

  it('stores each request that one of two relays side by side answered 200, whichever is killed', async () => {
    const nats = await startNats();
    const ports = [await reservePort(), await reservePort()];
    await spawnCli(['webhooks', 'relay', 'init', '--nats', nats.url]);
    const start = (port: number): RunningCli => {
      const args = ['--nats', nats.url, '--port', String(port), '--admin-port', '0'];
      return startCli(['webhooks', 'relay', ...args], { env });
    };
    const relays = ports.map(start);
    const senders = new Senders(...ports);
    for (const [index, port] of ports.entries()) {
      const more = async (): Promise<void> => {
        const before = senders.answered.length;
        await expect.poll(() => senders.answered.length - before).toBeGreaterThan(BETWEEN);
      };
      await more();
      await kill(relays[index] as RunningCli);
      await more();
      relays[index] = start(port);
    }
    await senders.stop();
    const engine = await connect(nats);
    const stored = await storedRequests(engine, 'default');
    const ids = stored.map(({ body }) => (JSON.parse(body.toString()) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(senders.answered.map((n) => `evt_${n}`)));
  }, 120_000);
});
