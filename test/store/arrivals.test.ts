import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CaptureReader } from '../../src/store/capture-reader.ts';
import { type CaptureStore, openReader, openStore } from '../../src/store/capture-store.ts';
import { type Database, openDatabase, readPragma } from '../../src/store/database.ts';
import { type Batch, packBatch } from '../../src/store/rows.ts';
import type { Capture } from '../../src/webhook/capture.ts';
import { FORWARD, makeCapture } from '../support/captures.ts';
import { temporaryFolder } from '../support/cli.ts';

function storeFile(): string {
  return join(temporaryFolder(), 'captures.db');
}

/** A listener's store; left open, as by a process that has not ended. */
function open(file: string): CaptureStore {
  const store = openStore(file);
  onTestFinished(() => store.close());
  return store;
}

function read(file: string): CaptureReader {
  const reader = openReader(file);
  if (reader === undefined) throw new Error('expected a store');
  onTestFinished(() => reader.close());
  return reader;
}

function pack(batch: Partial<Batch>): Buffer {
  const { memory, size } = packBatch(new SharedArrayBuffer(0), {
    captures: [],
    forwards: [],
    answered: [],
    reasons: [],
    ...batch,
  });
  return Buffer.from(memory, 0, size);
}

function append(store: CaptureStore, ...captures: Capture[]): Array<string | null> {
  return store.append(pack({ captures }));
}

/** How many batches wait in a store file, without settling them. */
function countWaiting(file: string): number {
  const database = openDatabase(file, 'write');
  const { count } = database.prepare('SELECT count(*) AS count FROM arrivals').get() as {
    count: number;
  };
  database.close();
  return count;
}

const ids = (captures: Iterable<Pick<Capture, 'id'>>): string[] =>
  [...captures].map(({ id }) => id);

describe('what has arrived and waits is there', () => {
  const captures = [1, 2, 3].map((n) => makeCapture(n));
  const [first] = captures;
  if (first === undefined) throw new Error('unreachable');

  it.each<[string, (reader: CaptureReader) => string[]]>([
    ['the newest', (reader) => ids(reader.newest({}, 10)).toReversed()],
    ['a list', (reader) => ids(reader.list({}, 10)).toReversed()],
    ['all, oldest first', (reader) => ids(reader.each({}))],
    ['each by its id', (reader) => captures.flatMap(({ id }) => reader.get(id)?.id ?? [])],
    ['by event', (reader) => captures.flatMap(({ eventId }) => ids(reader.ofEvent(eventId)))],
  ])('for whoever reads %s', (_, ask) => {
    const file = storeFile();
    const store = open(file);
    const before = read(file);
    append(store, ...captures);
    expect(countWaiting(file)).toBe(1);
    expect(ask(before)).toEqual(ids(captures));
    expect(countWaiting(file)).toBe(0);
    append(store, makeCapture(4));
    expect(ask(store)).toContain(first.id);
    expect(ids(read(file).list({}, 1))).toEqual([makeCapture(4).id]);
  });

  it('with its forwards, what its sender got and the reason found later', () => {
    const file = storeFile();
    const store = open(file);
    const { id } = first;
    append(store, { ...first, answered: null });
    store.append(pack({ forwards: [[id, FORWARD]] }));
    store.append(pack({ answered: [[id, 502]], reasons: [[id, 'secret_quoted']] }));
    expect(countWaiting(file)).toBe(3);
    expect(read(file).get(id)).toEqual({
      ...first,
      answered: 502,
      verification: { valid: true, reason: 'secret_quoted' },
      forwards: [FORWARD],
    });
  });

  it('when older captures are pruned, and when others are imported', () => {
    const file = storeFile();
    const store = open(file);
    append(store, ...captures);
    expect(store.import(captures)).toBe(0);
    append(store, makeCapture(4));
    expect(store.prune({ keep: 1 })).toBe(3);
    expect(ids(store.each({}))).toEqual([makeCapture(4).id]);
  });

  it('after its listener has ended, settled', () => {
    const file = storeFile();
    const store = openStore(file);
    append(store, ...captures);
    store.close();
    expect(countWaiting(file)).toBe(0);
    expect(ids(read(file).each({}))).toEqual(ids(captures));
  });
});

it('a repeat names the first of its event, wherever that is', () => {
  const file = storeFile();
  const store = open(file);
  const body = Buffer.from('{"id":"evt_1"}');
  const repeat = (n: number): Capture => makeCapture(n, { body });
  const refused = makeCapture(9, { body, verification: { valid: false, reason: 'body_crlf' } });
  const first = repeat(1).id;
  // In the same batch, in one that waits, settled by others, settled here.
  expect(append(store, repeat(1), repeat(2), refused)).toEqual([null, first, null]);
  expect(append(store, repeat(3))).toEqual([first]);
  expect(read(file).get(repeat(3).id)?.duplicateOf).toBe(first);
  expect(append(store, repeat(4))).toEqual([first]);
  while (store.settle());
  expect(append(store, repeat(5), makeCapture(6))).toEqual([first, null]);
  expect(Array.from(store.each({}), ({ duplicateOf }) => duplicateOf)).toEqual([
    null,
    first,
    null,
    first,
    first,
    first,
    null,
  ]);
});

it('large bodies are written once, behind what waits', () => {
  const file = storeFile();
  const store = open(file);
  append(store, makeCapture(1));
  const large = makeCapture(2, { body: Buffer.alloc(100_000, 'x') });
  append(store, large);
  expect(countWaiting(file)).toBe(0);
  expect(ids(store.each({}))).toEqual([makeCapture(1).id, large.id]);
  expect(store.get(large.id)).toEqual(large);
});

/** Gives captures by the thousand, of one event each, numbered from 1. */
function createBurst(): () => Capture[] {
  let n = 0;
  return () =>
    Array.from({ length: 1000 }, () => {
      n += 1;
      const id = `cap_${String(n).padStart(16, '0')}`;
      return { ...makeCapture(1), id, eventId: String(n) };
    });
}

it('a burst that a reader settled leaves nothing behind', () => {
  const file = storeFile();
  const store = open(file);
  const batch = createBurst();
  for (let i = 0; i < 21; i++) append(store, ...batch());
  expect(read(file).list({}, 1)).toHaveLength(1);
  expect(store.settle()).toBe(false);
  append(store, ...batch());
  expect(countWaiting(file)).toBe(1);
});

it('a long burst is settled while it lasts, in its order', () => {
  const file = storeFile();
  const store = open(file);
  const batch = createBurst();
  for (let i = 0; i < 25; i++) {
    append(store, ...batch());
    while (store.isBehind()) store.settle();
  }
  // From then on batches are written where they are read.
  expect(countWaiting(file)).toBe(0);
  expect(store.settle()).toBe(false);
  append(store, ...batch());
  expect(countWaiting(file)).toBe(1);
  let seen = 0;
  for (const { id } of store.each({})) {
    seen += 1;
    expect(Number(id.slice(4))).toBe(seen);
  }
  expect(seen).toBe(26_000);
});

it('two listeners share a store, and either settles what waits', () => {
  const file = storeFile();
  const [one, two] = [open(file), open(file)];
  for (let n = 1; n <= 60; n++) {
    append(n % 2 === 0 ? one : two, makeCapture(n));
    if (n % 7 === 0) (n % 3 === 0 ? one : two).settle();
  }
  while (two.settle());
  expect(one.settle()).toBe(false);
  expect(ids(one.each({}))).toEqual(Array.from({ length: 60 }, (_, n) => makeCapture(n + 1).id));
});

it('a store of an older version is read as it is, until a listener brings it up to date', () => {
  const file = storeFile();
  const old = openDatabase(file, 'write');
  old.exec('DROP TABLE arrivals; PRAGMA user_version = 2');
  old.close();
  const reader = read(file);
  expect(reader.list({}, 10)).toEqual([]);
  append(open(file), makeCapture(1));
  expect(ids(reader.list({}, 10))).toEqual([makeCapture(1).id]);
});

const PACKED = [
  'AAAAAAAAAEAAAAAAAADwPwAAAAAAABRAY2FwX2EAAAAAAAAIQGV2dAAAAAAAAPA/AAAHmcq3eUIA',
  'AAAAAAAQQFBPU1QAAAAAAADwPy8AAAAAAAAIQDEuMQAAAAAAACZAW1siQSIsImIiXV0AAAAAAAAy',
  'QHRlc3RfcnVuLmNvbXBsZXRlZAAAAAAAAABAb2sAAAAAAADwvwAAAAAAAABAe30AAAAAAADwPwAA',
  'AAAAABRAY2FwX2EAAAAAAAAcQGZvcndhcmQAAAAAAADwPwAAAAAAADZAaHR0cDovL2xvY2FsaG9z',
  'dDozMDAwLwAAAAAAQH9AAAAAAAAA+D8AAAAAAADwvwAAAAAAADFAW1siWC1Ud2ljZSIsIjEiXV0A',
  'AAAAAAAAAAAAAAAAAAhAAP8KAAAAAAAA8D8AAAAAAAAUQGNhcF9hAAAAAABgf0AAAAAAAADwPwAA',
  'AAAAABRAY2FwX2EAAAAAAAAAQG9r',
];

it('a batch on disk is what it was in this version of the schema', () => {
  // Where this fails, a store may hold batches that are no longer understood: raise the version.
  const capture = { ...makeCapture(1), id: 'cap_a', eventId: 'evt', path: '/', answered: null };
  const packed = pack({
    captures: [{ ...capture, headers: [['A', 'b']], body: Buffer.from('{}') }],
    forwards: [['cap_a', FORWARD]],
    answered: [['cap_a', 502]],
    reasons: [['cap_a', 'ok']],
  });
  const database: Database = openDatabase(storeFile(), 'write');
  onTestFinished(() => database.close());
  expect(packed.toString('base64').match(/.{1,76}/g)).toEqual(PACKED);
  expect(readPragma(database, 'user_version')).toBe(3);
});
