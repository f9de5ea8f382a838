import { storeError } from '../../src/store/schema.ts';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RelyableError } from '../../src/errors.ts';
import {
  type CaptureStore,
  openReader,
  openStore,
  readListenersEnd,
} from '../../src/store/writer.ts';
import { openDatabase } from '../../src/store/schema.ts';
import { toNewCapture } from '../../src/store/rows.ts';
import { fillStore, FORWARD, makeCapture } from '../support/captures.ts';
import { temporaryFolder } from '../support/cli.ts';

function storeFile(): string {
  return join(temporaryFolder(), 'deep', 'captures.db');
}

function open(file: string, maxBytes?: number): CaptureStore {
  const store = openStore(file, maxBytes);
  onTestFinished(() => store.close());
  return store;
}

describe('what is kept comes back as it was', () => {
  it.each([
    ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['nothing', Buffer.alloc(0)],
    ['a NUL first', Buffer.from('\0abc')],
    ['invalid UTF-8', Buffer.from([0xc3, 0x28, 0xff])],
  ])('a body of %s', async (_, body) => {
    const store = open(storeFile());
    const capture = makeCapture(1, { body, event: 'a\0b', path: '/\u00ff?\0', eventId: 'x\0y' });
    store.write({ captures: [toNewCapture(capture)] });
    expect(store.get(capture.id)).toEqual(capture);
  });

  it('headers keep order, case and repeats', async () => {
    const store = open(storeFile());
    const headers = [
      ['x-B', '2'],
      ['X-a', ''],
      ['x-b', 'é'],
    ] as const;
    const capture = makeCapture(1, { headers });
    store.write({ captures: [toNewCapture(capture)] });
    expect(store.get(capture.id)?.headers).toEqual(headers);
  });

  it('forwards are kept with their capture, and its answer is what the app said', async () => {
    const store = open(storeFile());
    const capture = makeCapture(1, { answered: null });
    store.write({ captures: [toNewCapture(capture)] });
    store.write({ forwards: [[capture.id, FORWARD]] });
    expect(store.get(capture.id)).toMatchObject({ answered: 500, forwards: [FORWARD] });
  });
});

it('says of a repeat which capture was first, also within one commit and after a restart', async () => {
  const file = storeFile();
  const body = Buffer.from('{"id":"evt_1"}');
  const [a, b, c, invalid] = [1, 2, 3, 4].map((n) => makeCapture(n, { body }));
  if (!a || !b || !c || !invalid) throw new Error('unreachable');
  const store = open(file);
  expect(store.write({ captures: [a, b].map(toNewCapture) })).toEqual([null, a.id]);
  store.close();

  const again = open(file);
  const refused = {
    ...invalid,
    verification: { valid: false, reason: 'signature_empty' } as const,
  };
  expect(again.write({ captures: [toNewCapture(refused)] })).toEqual([null]);
  expect(again.write({ captures: [toNewCapture(c)] })).toEqual([a.id]);
});

it('two writers share a store and see each other’s captures', async () => {
  const file = storeFile();
  const [one, two] = [open(file), open(file)];
  const body = Buffer.from('{"id":"evt_shared"}');
  const first = makeCapture(1, { body });
  one.write({ captures: [toNewCapture(first)] });
  expect(two.write({ captures: [toNewCapture(makeCapture(2, { body }))] })).toEqual([first.id]);
  for (let n = 0; n < 200; n++) {
    (n % 2 === 0 ? one : two).write({ captures: [toNewCapture(makeCapture(10 + n))] });
  }
  expect([...one.each({})]).toHaveLength(202);
  const newest = one.newest({}, 300);
  expect(newest.next().value?.id).toBe(makeCapture(209).id);
  // Pruned meanwhile.
  expect(two.prune({ keep: 150 })).toBe(52);
  expect([...newest]).toEqual([...one.each({})].toReversed().slice(1));
});

it('lists newest first, filtered', async () => {
  const store = open(storeFile());
  const failed = makeCapture(1);
  const invalid = makeCapture(2, { verification: { valid: false, reason: 'signature_missing' } });
  const other = makeCapture(3, { event: 'agent.score_dropped' });
  for (const capture of [failed, invalid, other])
    store.write({ captures: [toNewCapture(capture)] });
  store.write({
    forwards: [
      [failed.id, FORWARD],
      [other.id, { ...FORWARD, status: 200 }],
    ],
  });
  const ids = (filter: object, limit = 10): string[] =>
    store.list(filter, limit).map(({ id }) => id);
  expect(ids({})).toEqual([other.id, invalid.id, failed.id]);
  expect(ids({}, 1)).toEqual([other.id]);
  expect(ids({ failed: true })).toEqual([failed.id]);
  expect(ids({ invalid: true })).toEqual([invalid.id]);
  expect(ids({ events: ['agent.score_dropped'] })).toEqual([other.id]);
  expect(ids({ events: ['agent.score_dropped', 'x'] })).toEqual([other.id]);
  expect(ids({ since: other.receivedAt })).toEqual([other.id]);
  expect([...store.newest({ failed: true }, 10)].map(({ id }) => id)).toEqual([failed.id]);
});

it('prunes by age and by number, forwards included', async () => {
  const store = open(storeFile());
  for (let n = 0; n < 10; n++) store.write({ captures: [toNewCapture(makeCapture(n))] });
  expect(store.prune({ before: makeCapture(3).receivedAt })).toBe(3);
  expect(store.prune({ keep: 5 })).toBe(2);
  expect(store.list({}, 100)).toHaveLength(5);
  expect(store.prune({ keep: 0 })).toBe(5);
});

it('prunes imported captures by when they were imported', () => {
  const file = storeFile();
  const store = open(file);
  const importedAt = makeCapture(50).receivedAt;
  store.import([makeCapture(1, { importedAt }), makeCapture(2)]);
  expect(store.prune({ before: importedAt })).toBe(1);
  expect(store.list({}, 10)).toMatchObject([{ id: makeCapture(1).id, importedAt }]);
  expect(store.prune({ before: importedAt + 1 })).toBe(1);
});

it('says which captures came from the delivery log', () => {
  const store = open(storeFile());
  const capture = makeCapture(1, { source: 'log' });
  store.write({ captures: [toNewCapture(capture)] });
  expect(store.get(capture.id)?.source).toBe('log');
  expect(store.ofEvent(capture.eventId)).toEqual([
    { id: capture.id, receivedAt: capture.receivedAt, source: 'log' },
  ]);
});

it('reads the schema before imports had a time, and brings it up to date to write', () => {
  const file = storeFile();
  fillStore(file, [makeCapture(1)]);
  const database = openDatabase(file, 'write');
  database.exec(`ALTER TABLE captures DROP COLUMN source;
    ALTER TABLE captures DROP COLUMN imported_at;
    DROP TABLE stream_positions;
    DROP TABLE stream_unforwarded;
    DROP TABLE listeners;
    DROP TABLE catch_ups;
    PRAGMA user_version = 5;`);
  database.close();
  const reader = openReader(file);
  expect(reader?.list({}, 10)).toEqual([makeCapture(1)]);
  expect(reader?.ofEvent(makeCapture(1).eventId)).toHaveLength(1);
  expect(reader?.eventsAfter(0, 0)).toHaveLength(1);
  reader?.close();
  expect(readListenersEnd(file)).toBe(makeCapture(1).receivedAt);
  const store = open(file);
  expect(store.prune({ before: makeCapture(1).receivedAt + 1 })).toBe(1);
});

it('tells where the last listener ended, and where a catch-up was interrupted', () => {
  const file = storeFile();
  expect(readListenersEnd(file)).toBeUndefined();
  const store = open(file);
  const received = makeCapture(1).receivedAt;
  store.write({ captures: [toNewCapture(makeCapture(1))] });
  expect(readListenersEnd(file)).toBe(received);
  store.listeners.started(received + 5000);
  // Killed before anything came.
  expect(readListenersEnd(file)).toBe(received + 5000);
  store.write({ captures: [toNewCapture(makeCapture(9))] });
  expect(readListenersEnd(file)).toBe(makeCapture(9).receivedAt);
  store.listeners.ended(received + 60_000);
  expect(readListenersEnd(file)).toBe(received + 60_000);
  store.listeners.catchUpStarted(received - 1000);
  expect(readListenersEnd(file)).toBe(received - 1000);
  store.listeners.caughtUp(received);
  expect(readListenersEnd(file)).toBe(received - 1000);
  store.listeners.caughtUp(received - 2000);
  expect(readListenersEnd(file)).toBe(received + 60_000);
});

it('makes room for the newest once the cap is reached', async () => {
  const store = open(storeFile(), 1_000_000);
  const body = Buffer.alloc(4096, 'x');
  let last = makeCapture(0);
  for (let n = 0; n < 1200; n++) {
    last = makeCapture(n, { body, eventId: String(n), id: `cap_${String(n).padStart(16, '0')}` });
    store.write({ captures: [toNewCapture(last)] });
  }
  // Room is made between turns of the event loop.
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  const kept = store.list({}, 10_000);
  expect(kept[0]?.id).toBe(last.id);
  expect(kept.length).toBeLessThan(500);
  expect(kept.length).toBeGreaterThan(50);
});

it('makes room when a few large captures reach the cap', async () => {
  const store = open(storeFile(), 1_000_000);
  for (let n = 0; n < 12; n++) {
    const capture = makeCapture(n, { body: Buffer.alloc(200_000, n), eventId: String(n) });
    store.write({ captures: [toNewCapture(capture)] });
  }
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  const kept = store.list({}, 100);
  expect(kept[0]?.id).toBe(makeCapture(11).id);
  expect(kept.length).toBeLessThan(6);
});

describe('a file it must not touch', () => {
  function expectRefused(file: string, message: RegExp): void {
    const before = readFileSync(file);
    for (const use of [() => openStore(file), () => openReader(file)?.list({}, 1)]) {
      let thrown: unknown;
      try {
        use();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(RelyableError);
      expect(thrown).toMatchObject({ code: 'STORE_UNUSABLE', exitCode: 2 });
      expect((thrown as Error).message).toMatch(message);
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  }

  it('is not a database', () => {
    const file = join(temporaryFolder(), 'captures.db');
    writeFileSync(file, 'my shopping list, which is longer than a header of SQLite '.repeat(50));
    expectRefused(file, /damaged|not a database/);
  });

  it('is another program’s database', () => {
    const file = join(temporaryFolder(), 'captures.db');
    const database = openDatabase(file, 'write');
    database.exec('PRAGMA application_id = 1; PRAGMA journal_mode = DELETE');
    database.close();
    expectRefused(file, /another program/);
  });

  it('is of a newer version', () => {
    const file = join(temporaryFolder(), 'captures.db');
    const database = openDatabase(file, 'write');
    database.exec('PRAGMA user_version = 999; PRAGMA journal_mode = DELETE');
    database.close();
    expectRefused(file, /newer relyable \(schema 999/);
  });

  it('lost its middle', async () => {
    const file = storeFile();
    const store = open(file);
    for (let n = 0; n < 200; n++) store.write({ captures: [toNewCapture(makeCapture(n))] });
    store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 100, bytes.length);
    const damaged = join(temporaryFolder(), 'captures.db');
    writeFileSync(damaged, bytes);
    expectRefused(damaged, /damaged/);
  });
});

it.skipIf(process.platform === 'win32')('is private to its user', async () => {
  const file = storeFile();
  const store = open(file);
  store.write({ captures: [toNewCapture(makeCapture(1))] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
});

it('reads nothing where there is nothing, and makes nothing', () => {
  const file = storeFile();
  expect(openReader(file)).toBeUndefined();
  expect(() => statSync(file)).toThrow(/ENOENT/);
});

it('a reader works while a writer writes, and on a copy', async () => {
  const file = storeFile();
  const store = open(file);
  store.write({ captures: [toNewCapture(makeCapture(1))] });
  const reader = openReader(file);
  store.write({ captures: [toNewCapture(makeCapture(2))] });
  expect(reader?.list({}, 10)).toHaveLength(2);
  reader?.close();
  store.close();
  const copy = join(temporaryFolder(), 'copy.db');
  copyFileSync(file, copy);
  const copied = openReader(copy);
  expect(copied?.list({}, 10)).toHaveLength(2);
  copied?.close();
});

it('says that another process uses the store where it is locked', () => {
  const locked = Object.assign(new Error('database is locked'), { sqliteCodeName: 'SQLITE_BUSY' });
  expect(storeError('x.db', locked).hint).toContain('another process is using it');
});
