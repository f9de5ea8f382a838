import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { startReceiver } from '../../src/http/server/receive.ts';
import { decodeEnvelope, type RelayedRequest } from '../../src/relay/envelope.ts';
import {
  connectEngine,
  type Engine,
  type EngineOptions,
  type EngineWorld,
} from '../../src/relay/engine.ts';
import { loadNats } from '../../src/relay/library.ts';
import { Publisher } from '../../src/relay/publisher.ts';
import type { RelayEvent } from '../../src/relay/relay-events.ts';
import { RelayReceiver, type RelayReceiverOptions } from '../../src/relay/relay-receiver.ts';
import { createStream, openManager } from '../../src/relay/stream.ts';
import { streamOf } from '../../src/relay/subjects.ts';
import { signPayload } from '../../src/signature/sign.ts';
import type { TestNats } from '../support/nats.ts';

export const SECRET = 'whsec_relay';
export const TEAM = 'acme';
export const STREAM = { team: TEAM, maxAgeMs: 3_600_000, maxBytes: 10_000_000, replicas: 1 };

const world = {
  now: Date.now,
  elapsed: () => performance.now(),
  random: Math.random,
};

/** A connection to a test server; closed when the test ends. */
export async function connect(
  nats: TestNats,
  options: Partial<EngineOptions> = {},
  changes: Partial<EngineWorld> = {},
): Promise<Engine> {
  const engine = await connectEngine(
    await loadNats(),
    {
      servers: [`127.0.0.1:${nats.port}`],
      isTls: false,
      ca: undefined,
      credentials: { kind: 'none' },
      name: 'test',
      connectTimeoutMs: 5000,
      maxReconnectMs: undefined,
      ...options,
    },
    { ...world, ...changes },
  );
  onTestFinished(() => engine.close());
  return engine;
}

/** Creates the team's stream. */
export async function withStream(
  engine: Engine,
  changes: Partial<typeof STREAM> = {},
): Promise<void> {
  await createStream(await openManager(engine), { ...STREAM, ...changes });
}

export interface TestRelay {
  readonly url: string;
  readonly events: RelayEvent[];
  /** Sends a signed request and gives the status. */
  post(body: Buffer, headers?: Readonly<Record<string, string>>): Promise<number>;
}

/** A relay in this process; stopped when the test ends. */
export async function startRelay(
  engine: Engine,
  options: Partial<RelayReceiverOptions> = {},
): Promise<TestRelay> {
  const events: RelayEvent[] = [];
  const relay = new RelayReceiver(
    {
      team: TEAM,
      secrets: [{ source: 'test secret', value: SECRET, role: 'chosen' }],
      invalid: 'reject',
      ackTimeoutMs: 5000,
      sealWith: null,
      ...options,
    },
    {
      ...world,
      randomBytes,
      publisher: new Publisher(engine, streamOf(TEAM), world.elapsed),
      emit: (event) => events.push(event),
    },
  );
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 10_000_000,
    onRequest: (request) => relay.receive(request),
    health: () => ({}),
    onRefused: (status, reason) => relay.refused(status, reason),
  });
  onTestFinished(() => receiver.close());
  return {
    url: receiver.url,
    events,
    post: async (body, headers = { 'X-Relyable-Signature': signPayload(body, SECRET) }) => {
      const answer = await fetch(`${receiver.url}/hook?x=1`, { method: 'POST', body, headers });
      await answer.arrayBuffer();
      return answer.status;
    },
  };
}

/** What the stream has of these numbers. */
export async function storedRequest(engine: Engine, seq: number): Promise<RelayedRequest> {
  const manager = await openManager(engine);
  const message = await manager.streams.getMessage(streamOf(TEAM), { seq });
  if (message === null) throw new Error(`the stream has no message ${seq}`);
  return decodeEnvelope(Buffer.from(message.data));
}

/** How many messages the stream has. */
export async function storedCount(engine: Engine): Promise<number> {
  const manager = await openManager(engine);
  return (await manager.streams.info(streamOf(TEAM))).state.messages;
}

/** All requests in a team's stream, in its order. */
export async function storedRequests(engine: Engine, team: string): Promise<RelayedRequest[]> {
  const manager = await openManager(engine);
  const { state } = await manager.streams.info(streamOf(team));
  const requests: RelayedRequest[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(streamOf(team), { seq });
    if (message !== null) requests.push(decodeEnvelope(Buffer.from(message.data)));
  }
  return requests;
}
