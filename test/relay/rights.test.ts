import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadNats } from '../../src/relay/library.ts';
import { openManager } from '../../src/relay/stream.ts';
import { ROOT } from '../support/cli.ts';
import { hasNats, startNats, type TestNats } from '../support/nats.ts';
import { connect, startRelay, withStream } from './relay-world.ts';
import type { Engine } from '../../src/relay/engine.ts';
import { StreamReader } from '../../src/relay/stream-reader.ts';
import { randomBytes } from 'node:crypto';

interface Users {
  readonly nats: TestNats;
  readonly admin: Engine;
  readonly relay: Engine;
  readonly ada: Engine;
}

/** A server with the shipped configuration, keys of its own, and a connection of each user. */
async function world(): Promise<Users> {
  const { nkeys } = (await loadNats()).transport;
  const [adminKey, relayKey, adaKey] = [nkeys.createUser(), nkeys.createUser(), nkeys.createUser()];
  const config = readFileSync(join(ROOT, 'deploy/nats.conf'), 'utf8')
    .replace(/^listen: .*$/m, '')
    .replace(/^http: .*$/m, '')
    .replace('/data', 'js')
    .replaceAll('RELYABLE_default', 'RELYABLE_acme')
    .replaceAll('relyable.default.', 'relyable.acme.')
    .replace('UADMIN', adminKey.getPublicKey())
    .replace('URELAY', relayKey.getPublicKey())
    .replace('UADA', adaKey.getPublicKey());
  const nats = await startNats(config);
  const as = (name: string, key: typeof adminKey): Promise<Engine> =>
    connect(nats, { name, credentials: { kind: 'nkey', seed: Buffer.from(key.getSeed()) } });
  return {
    nats,
    admin: await as('relay-init', adminKey),
    relay: await as('relay', relayKey),
    ada: await as('ada', adaKey),
  };
}

const denied = { name: 'PermissionViolationError' };

/** Why the server refused it: the error or a cause of it. */
async function refusal(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => 'it was permitted',
    (thrown: unknown) => thrown,
  );
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

describe.skipIf(!hasNats)('the shipped configuration', () => {
  it('lets init create, the relay publish, and a developer read', async () => {
    const { admin, relay, ada } = await world();
    await withStream(admin);
    const { post } = await startRelay(relay);
    expect(await post(Buffer.from('{"event":"test_run.completed"}'))).toBe(200);
    for (const subjects of [
      [],
      ['relyable.acme.test_run.completed'],
      ['relyable.acme.a', 'relyable.acme.test_run.completed'],
    ]) {
      const reader = new StreamReader(
        ada,
        { stream: 'RELYABLE_acme', reader: 'ada', subjects },
        randomBytes,
      );
      expect(await reader.peek(1)).toMatchObject({ seq: 1 });
      await reader.stop();
    }
    const manager = await openManager(admin);
    expect((await manager.streams.info('RELYABLE_acme')).state.consumer_count).toBe(0);
  });

  it('refuses a developer everything else', async () => {
    const { admin, ada } = await world();
    await withStream(admin);
    const manager = await openManager(ada);
    const js = ada.library.jetstream.jetstream(ada.connection);
    for (const work of [
      () => js.publish('relyable.acme.x', 'forged', { timeout: 500 }),
      () => manager.streams.delete('RELYABLE_acme'),
      () => manager.streams.purge('RELYABLE_acme'),
      () => manager.streams.update('RELYABLE_acme', { max_bytes: 1 }),
      () => manager.streams.deleteMessage('RELYABLE_acme', 1),
      () => manager.streams.add({ name: 'OTHER', subjects: ['x'] }),
      () => manager.consumers.list('RELYABLE_acme').next(),
    ]) {
      expect(await refusal(work())).toMatchObject(denied);
    }
  });

  it('refuses the relay reading and changing, and anybody without a key', async () => {
    const { nats, admin, relay } = await world();
    await withStream(admin);
    const manager = await openManager(relay);
    for (const work of [
      () => manager.consumers.add('RELYABLE_acme', { name: 'spy', ack_policy: 'none' }),
      () => manager.streams.getMessage('RELYABLE_acme', { seq: 1 }),
      () => manager.streams.delete('RELYABLE_acme'),
      () => manager.streams.purge('RELYABLE_acme'),
    ]) {
      expect(await refusal(work())).toMatchObject(denied);
    }
    await expect(connect(nats)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' });
  });

  it('keeps the inboxes of others closed', async () => {
    const { ada } = await world();
    const refused = new Promise<Error | null>((resolve) => {
      ada.connection.subscribe('_INBOX.>', { callback: (error) => resolve(error) });
    });
    expect(await refused).toMatchObject(denied);
  });
});
