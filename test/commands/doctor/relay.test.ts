import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRelay, judgePosition } from '../../../src/commands/doctor/checks/relay.ts';
import type { RelaySubject } from '../../../src/commands/doctor/finding.ts';
import type { Engine, EngineOptions } from '../../../src/relay/engine.ts';
import { parseSealingKeys } from '../../../src/relay/sealing.ts';
import { openManager } from '../../../src/relay/stream.ts';
import { PositionWriter } from '../../../src/store/positions.ts';
import { openDatabase } from '../../../src/store/schema.ts';
import { connect, startRelay, TEAM, withStream } from '../../relay/relay-world.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { hasNats, startNats, SYNCED, type TestNats } from '../../support/nats.ts';
import { reservePort } from '../../support/reserve-port.ts';
import { runCli } from '../../support/run-cli.ts';
import { never, testSubject } from './subject.ts';

/** What `doctor` says of a server, each as `level: message`. Without the time limit of a check. */
async function examine(
  nats: TestNats,
  { key, store, ...user }: Asked = {},
): Promise<readonly string[]> {
  const relay: RelaySubject = {
    team: TEAM,
    reader: 'ada',
    connect: () => connect(nats, { name: 'ada', ...user }),
    openKeys: () => (key === undefined ? [] : parseSealingKeys(key, 'test')),
  };
  const file = store ?? join(temporaryFolder(), 'captures.db');
  const found = await checkRelay(
    testSubject({ relay, store: { value: file, origin: '--store' } }),
    never,
  );
  return found.map(({ level, message }) => `${level}: ${message}`);
}

interface Asked extends Partial<Pick<EngineOptions, 'credentials'>> {
  /** The text of `--encrypt-key-file`. */
  readonly key?: string;
  readonly store?: string;
}

async function world(config = SYNCED): Promise<{ nats: TestNats; engine: Engine }> {
  const nats = await startNats(config);
  return { nats, engine: await connect(nats) };
}

const BODY = Buffer.from('{"event":"test_run.completed"}');

describe.skipIf(!hasNats)('doctor --from with nats-server', () => {
  it('says that a listener can read, how much waits, and that the clocks agree', async () => {
    const { nats, engine } = await world();
    await withStream(engine);
    const { post } = await startRelay(engine);
    for (const n of [1, 2, 3]) expect(await post(Buffer.from(`{"n":${n}}`))).toBe(200);
    const store = join(temporaryFolder(), 'captures.db');
    expect(await examine(nats, { store })).toEqual([
      expect.stringMatching(/^ok: 127\.0\.0\.1:\d+ answers in .* \(nats-server 2\.\d+\.\d+\)$/),
      expect.stringMatching(/^ok: RELYABLE_acme stores 3 messages \(.* KB\)$/),
      'ok: agrees with that of the NATS server',
      'info: ada has not read it with this store',
    ]);
    const { created, state } = await (await openManager(engine)).streams.info('RELYABLE_acme');
    expect(state.consumer_count).toBe(0);
    const database = openDatabase(store, 'write');
    const key = { reader: 'ada', stream: 'RELYABLE_acme', created };
    new PositionWriter(database).advance([{ key, after: null, seq: 1, unforwarded: null }]);
    database.close();
    expect(await examine(nats, { store })).toContain(
      'info: 2 events wait for ada, after message 1',
    );
  });

  it('names each right that is missing', async () => {
    const { nats, engine } = await world(
      `${SYNCED}authorization { users: [
        { user: admin, password: p }
        { user: none, password: p, permissions: { publish: "x", subscribe: "_INBOX.ada.>" } }
        { user: pull, password: p, permissions: { publish: [
          "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.INFO.>"]
          subscribe: "_INBOX.ada.>" } }
        { user: delete, password: p, permissions: { publish: [
          "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.INFO.>"
          "$JS.API.CONSUMER.MSG.NEXT.>"]
          subscribe: "_INBOX.ada.>" } }
        { user: inbox, password: p, permissions: { publish: ">", subscribe: "_INBOX.ben.>" } } ] }\nno_auth_user: admin\n`,
    );
    await withStream(engine);
    const { post } = await startRelay(engine);
    await post(BODY);
    const denied = (subject: string): RegExp =>
      new RegExp(`^failure: the server does not permit this user the ${subject}`);
    for (const [user, subject] of [
      ['none', 'publish of \\$JS.API.STREAM.INFO.RELYABLE_acme$'],
      ['pull', 'publish of \\$JS.API.CONSUMER.MSG.NEXT.RELYABLE_acme.ada-'],
      ['delete', 'publish of \\$JS.API.CONSUMER.DELETE.RELYABLE_acme.ada-'],
      ['inbox', 'subscription of _INBOX.ada.'],
    ] as const) {
      const credentials = { kind: 'password', user, password: 'p' } as const;
      const found = await examine(nats, { credentials });
      expect(found.filter((line) => line.startsWith('failure'))).toEqual([
        expect.stringMatching(denied(subject)),
      ]);
    }
  });

  it('names what is wrong with the server or the stream', async () => {
    const { nats, engine } = await world();
    expect(await examine(nats)).toContain('failure: there is no stream RELYABLE_acme');
    await withStream(engine);
    const key = parseSealingKeys('0a'.repeat(32), 'test')[0];
    await (await startRelay(engine, { sealWith: key })).post(BODY);
    expect(await examine(nats)).toContainEqual(
      expect.stringContaining(`failure: the relay seals requests with key ${key.id}`),
    );
    expect(await examine(nats, { key: '0a'.repeat(32) })).not.toContainEqual(
      expect.stringContaining('failure'),
    );
    await engine.library.jetstream
      .jetstream(engine.connection)
      .publish('relyable.acme.x', randomBytes(20));
    const manager = await openManager(engine);
    await manager.streams.update('RELYABLE_acme', { duplicate_window: 1e9, max_bytes: 300 });
    const found = await examine(nats);
    expect(found).toContainEqual(
      expect.stringMatching(
        /^failure: the stream RELYABLE_acme is full .*: the relay answers 503$/,
      ),
    );
    expect(found).toContainEqual(expect.stringMatching(/^warning: .* for 0 minutes, expected 10/));
    expect(found).toContainEqual(
      'warning: message 2 is not a request: it was not written by a relay',
    );
  });

  it('names credentials that are refused, and shows none', async () => {
    const { nats } = await world(
      `${SYNCED}authorization { users: [{ user: u, password: right }, { user: n, password: n }] }\nno_auth_user: n\n`,
    );
    const credentials = { kind: 'password', user: 'u', password: 'wrong-horse' } as const;
    const found = await examine(nats, { credentials });
    expect(found).toEqual([
      expect.stringMatching(/^failure: 127\.0\.0\.1:\d+ refuses these credentials/),
    ]);
    expect(found[0]).not.toContain('wrong-horse');
  });
});

it('fails with a fix where nothing listens at the server that an option or the environment names', async () => {
  const url = `nats://127.0.0.1:${await reservePort()}`;
  const env = { RELYABLE_API_URL: 'http://127.0.0.1:2/api' };
  const named = await runCli(['doctor', '--from', url], { env });
  expect(named.code).toBe(1);
  expect(named.stdout).toMatch(
    /^FAIL {2}relay {7}NATS at 127.* cannot be reached: connection ref/m,
  );
  const found = await runCli(['doctor'], { env: { ...env, RELYABLE_NATS_URL: url } });
  expect(found.stdout).toMatch(/^FAIL {2}relay {7}NATS at 127/m);
});

it.each([
  [null, 5, 1, 'info: ada has not read it with this store'],
  [7, 0, 1, 'ok: ada has read all of it'],
  [7, 1, 1, 'info: 1 event waits for ada, after message 7'],
  [7, 4000, 8, 'info: 4,000 events wait for ada, after message 7'],
  [7, 2, 11, 'warning: 3 messages were removed before ada read them, 2 wait'],
])('a position of %j with %d behind it and the first message %d', (seq, waiting, first, told) => {
  const { level, message } = judgePosition('ada', seq, waiting, first);
  expect(`${level}: ${message}`).toBe(told);
});
