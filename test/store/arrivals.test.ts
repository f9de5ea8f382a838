import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CaptureReader } from '../../src/store/capture-reader.ts';
import { type CaptureStore, openReader, openStore } from '../../src/store/capture-store.ts';
import { type Database, openDatabase, readPragma } from '../../src/store/database.ts';
import { type Batch, packBatch, toNewCapture } from '../../src/store/rows.ts';
import type { Capture } from '../../src/request/capture.ts';
import { FORWARD, makeCapture } from '../support/captures.ts';
import { startCli, temporaryFolder } from '../support/cli.ts';

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
  return store.append(pack({ captures: captures.map(toNewCapture) }));
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

/** Differs from the others of its length at that byte alone. */
function large(n: number, at = n): Capture {
  const body = Buffer.alloc(100_000, 'x');
  body.write('y', at);
  return makeCapture(n, { body });
}

function filesOf(file: string): string[] {
  const folder = `${file}-batches`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

it('a large body alone is written once, where it is read, unless others wait', () => {
  const file = storeFile();
  const store = open(file);
  append(store, large(1));
  expect(countWaiting(file)).toBe(0);
  append(store, makeCapture(2));
  append(store, large(3));
  expect(countWaiting(file)).toBe(2);
  expect(filesOf(file)).toEqual([]);
  expect([...store.each({})]).toEqual([large(1), makeCapture(2), large(3)]);
});

describe('large bodies by the dozen', () => {
  const captures = [1, 2, 3].map((n) => large(n));

  it('wait in a file, which the next ones write over, and none is left once it is quiet', () => {
    const file = storeFile();
    const store = openStore(file);
    append(store, ...captures);
    append(store, makeCapture(4));
    const files = filesOf(file);
    expect(files).toHaveLength(1);
    expect(countWaiting(file)).toBe(2);
    if (process.platform !== 'win32') {
      const folder = `${file}-batches`;
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(statSync(join(folder, files[0] ?? '')).mode & 0o777).toBe(0o600);
    }
    while (store.settle());
    append(store, large(5), large(6), large(7));
    expect(filesOf(file)).toEqual(files);
    append(store, large(8), large(9), large(10));
    store.tidy();
    expect(filesOf(file)).toHaveLength(2);
    const all = [1, 2, 3, 5, 6, 7, 8, 9, 10].map((n) => large(n));
    expect(store.list({}, 20).filter(({ body }) => body.length > 1000)).toEqual(all.toReversed());
    store.tidy();
    expect(existsSync(`${file}-batches`)).toBe(false);
    append(store, large(11), large(12), large(13));
    store.close();
    expect(existsSync(`${file}-batches`)).toBe(false);
    expect(ids(read(file).list({}, 20))).toHaveLength(13);
  });

  it('are there for a reader, who takes the file away; the listener goes on', () => {
    const file = storeFile();
    const store = open(file);
    append(store, ...captures);
    expect([...read(file).each({})]).toEqual(captures);
    expect(filesOf(file)).toEqual([]);
    append(store, large(4), large(5), large(6));
    while (store.settle());
    append(store, makeCapture(7));
    read(file).list({}, 1);
    append(store, large(8), large(9), large(10));
    expect(ids(read(file).each({}))).toHaveLength(10);
  });

  it('are told apart by every byte, and their repeats known wherever the first is', () => {
    const file = storeFile();
    const store = open(file);
    const again = (n: number): Capture => ({ ...large(2), id: makeCapture(n).id });
    const other = large(1, 50_001);
    const refused: Capture = {
      ...again(20),
      verification: { valid: false, reason: 'body_crlf' },
    };
    const { id } = large(2);
    expect(append(store, large(1), large(2), again(3), refused, large(4, 50_003))).toEqual([
      null,
      null,
      id,
      null,
      null,
    ]);
    expect(filesOf(file)).toHaveLength(1);
    expect(append(store, again(5), { ...other, id: makeCapture(6).id })).toEqual([id, null]);
    while (store.settle());
    expect(append(store, again(7), { ...other, id: makeCapture(8).id })).toEqual([
      id,
      makeCapture(6).id,
    ]);
    while (store.settle());
    expect(store.get(again(7).id)?.duplicateOf).toBe(id);
    expect(store.get(again(7).id)?.eventId).toBe(large(2).eventId);
  });

  it('leave nothing of a process that died between file and row, and nothing of others is touched', () => {
    const file = storeFile();
    const folder = `${file}-batches`;
    mkdirSync(folder);
    writeFileSync(join(folder, '0123456789abcdef01234567'), 'half a batch');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const store = openStore(file);
    append(store, ...captures);
    store.close();
    expect(filesOf(file)).toEqual(['notes.txt']);
    expect(ids(read(file).each({}))).toEqual(ids(captures));
  });

  it('that are alike but for a few bytes in the middle are told apart, however many there are', () => {
    const file = storeFile();
    const store = open(file);
    const alike = (n: number): Capture => large(n, 50_000 + n);
    const numbers = Array.from({ length: 12 }, (_, n) => n + 1);
    append(store, ...numbers.slice(0, 6).map(alike));
    append(store, ...numbers.slice(6).map(alike));
    const again = (): Array<string | null> =>
      append(store, ...numbers.map((n) => ({ ...alike(n), id: `${alike(n).id}${seen++}` })));
    let seen = 0;
    expect(again()).toEqual(numbers.map((n) => alike(n).id));
    while (store.settle());
    expect(again()).toEqual(numbers.map((n) => alike(n).id));
  });

  it('with the same checksum are told apart', () => {
    const file = storeFile();
    const store = open(file);
    const other = Buffer.from(large(1).body);
    // CRC-32's polynomial, its highest power first: bytes that differ by it have the same checksum.
    const polynomial = `1${(0x04_c1_1d_b7).toString(2).padStart(32, '0')}`;
    for (const [bit, digit] of polynomial.split('').entries()) {
      const at = 50_000 + (bit >> 3);
      other[at] = (other[at] ?? 0) ^ (Number(digit) << (bit & 7));
    }
    expect(crc32(other)).toBe(crc32(large(1).body));
    const twin = makeCapture(2, { body: other });
    expect(append(store, large(1), twin, large(3))).toEqual([null, null, null]);
    expect(append(store, { ...twin, id: makeCapture(4).id })).toEqual([twin.id]);
    while (store.settle());
    expect(append(store, { ...twin, id: makeCapture(5).id })).toEqual([twin.id]);
  });

  it('wait beside the file that a link leads to', () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, 'captures.db'), join(folder, 'link.db')];
    openStore(file).close();
    symlinkSync(file, link);
    append(open(link), ...captures);
    expect(filesOf(file)).toHaveLength(1);
    expect(ids(read(file).each({}))).toEqual(ids(captures));
  });

  it('are refused where no file can be made, and then none of them is kept', () => {
    const file = storeFile();
    const store = open(file);
    writeFileSync(`${file}-batches`, 'in the way');
    expect(() => append(store, ...captures)).toThrow(
      expect.objectContaining({ code: 'STORE_UNUSABLE' }),
    );
    expect(append(store, makeCapture(4))).toEqual([null]);
    expect(ids(store.each({}))).toEqual([makeCapture(4).id]);
  });

  it('say which file is missing or damaged, and are there again with it', () => {
    const file = storeFile();
    append(open(file), ...captures);
    const path = join(`${file}-batches`, filesOf(file)[0] ?? '');
    const bytes = readFileSync(path);
    const ask = (): string[] => ids(read(file).each({}));
    renameSync(path, `${path}.away`);
    expect(ask).toThrow(`${path} is missing`);
    renameSync(`${path}.away`, path);
    truncateSync(path, 1000);
    expect(ask()).toEqual([]);
    writeFileSync(path, bytes.subarray(0, -1));
    expect(ask()).toEqual([]);
    writeFileSync(path, bytes);
    expect(ask()).toEqual(ids(captures));
  });

  it('one lost file is told once and keeps nothing else back, its repeats included', () => {
    const file = storeFile();
    const store = openStore(file);
    append(store, ...captures);
    append(store, makeCapture(4));
    truncateSync(join(`${file}-batches`, filesOf(file)[0] ?? ''), 1000);
    const reader = read(file);
    expect(() => reader.list({}, 10)).toThrow('is shorter than it was');
    expect(ids(reader.list({}, 10))).toEqual([makeCapture(4).id]);
    expect(append(store, { ...large(1), id: makeCapture(5).id })).toEqual([null]);
    expect(store.prune({ keep: 1 })).toBe(1);
    // The one that was told stays, for whoever has a copy of the file.
    store.close();
    expect(filesOf(file)).toHaveLength(1);
  });

  it.each<[string, (path: string, size: number) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['zeros', (path, size) => writeFileSync(path, Buffer.alloc(size))],
    ['other bytes', (path, size) => writeFileSync(path, Buffer.alloc(size, 0xa7))],
  ])('%s in place of one is told once and keeps nothing else back', (kind, put) => {
    if (kind === 'a pipe' && process.platform === 'win32') return;
    const file = storeFile();
    const store = open(file);
    append(store, ...captures);
    append(store, makeCapture(4));
    const path = join(`${file}-batches`, filesOf(file)[0] ?? '');
    const bytes = readFileSync(path);
    rmSync(path);
    put(path, bytes.length);
    const ask = (): string[] => ids(read(file).each({}));
    expect(ask).toThrow(/is damaged: .* is (missing|not as it was written)/);
    expect(ask()).toEqual([makeCapture(4).id]);
    expect(append(store, makeCapture(5))).toEqual([null]);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, bytes);
    expect(ask()).toEqual(ids([makeCapture(4), ...captures, makeCapture(5)]));
  });

  it('all lost files are told at once', () => {
    const file = storeFile();
    const store = open(file);
    for (let n = 0; n < 4; n++) append(store, ...[1, 2, 3].map((m) => large(10 * n + m)));
    append(store, makeCapture(4));
    rmSync(`${file}-batches`, { recursive: true });
    expect(() => ids(read(file).each({}))).toThrow(/is missing, and so with 3 more$/);
    expect(ids(read(file).each({}))).toEqual([makeCapture(4).id]);
  });

  it('a lost file is told by a listener that comes across it', async () => {
    const file = storeFile();
    append(open(file), ...captures);
    truncateSync(join(`${file}-batches`, filesOf(file)[0] ?? ''), 1000);
    const cli = startCli(['webhooks', 'listen', '--port', '0', '--json', '--store', file]);
    const ready = JSON.parse(await cli.nextLine((line) => line.includes('"ready"')));
    await fetch((ready as { url: string }).url, { method: 'POST', body: '{}' });
    expect(await cli.nextErrorLine((line) => line.includes('shorter'))).toMatch(
      /^warning: the store .* is damaged: .* is shorter than it was; put the file back/,
    );
    cli.child.kill('SIGINT');
    expect((await cli.done).code).toBe(0);
  });

  it('of another listener are left alone', () => {
    const file = storeFile();
    const [one, two] = [open(file), openStore(file)];
    append(one, ...captures);
    while (two.settle());
    append(one, large(4), large(5), large(6));
    append(two, large(7), large(8), large(9));
    two.close();
    append(one, large(10), large(11), large(12));
    expect(ids(one.each({}))).toHaveLength(12);
  });

  it('a store that names a file elsewhere reads and removes nothing there', () => {
    const file = storeFile();
    const other = join(temporaryFolder(), 'other');
    writeFileSync(other, 'x'.repeat(100));
    const database = openDatabase(file, 'write');
    database
      .prepare('INSERT INTO arrivals (batch, file, file_bytes) VALUES (?, ?, ?)')
      .run(pack({}), relative(`${file}-batches`, other), 100);
    database.close();
    expect(() => ids(read(file).each({}))).toThrow('names a file that is not its own');
    expect(readFileSync(other, 'utf8')).toBe('x'.repeat(100));
    append(open(file), makeCapture(1));
    expect(ids(read(file).each({}))).toEqual([makeCapture(1).id]);
  });
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

it('refuses more once twice as much waits as may, which is so only where nothing can be settled', () => {
  const store = open(storeFile());
  const batch = createBurst();
  for (let i = 0; i < 40; i++) append(store, ...batch());
  expect(() => append(store, ...batch())).toThrow('what waits beside it cannot be moved into it');
  store.settle();
  expect(append(store, makeCapture(1))).toEqual([null]);
  expect(ids(store.list({}, 50_000))).toHaveLength(40_001);
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
  'AAAAAAAA8D8AAAAAAAAUQGNhcF9hAAAAAAAACEBldnQAAAAAAADwPwAAAAAAAABAe30AAAeZyrd5',
  'QgAAAAAAABBAUE9TVAAAAAAAAPA/LwAAAAAAAAhAMS4xAAAAAAAAJkBbWyJBIiwiYiJdXQAAAAAA',
  'ADJAdGVzdF9ydW4uY29tcGxldGVkAAAAAAAAAEBvawAAAAAAAPC/AAAAAAAA8D8AAAAAAAAUQGNh',
  'cF9hAAAAAAAAHEBmb3J3YXJkAAAAAAAA8D8AAAAAAAA2QGh0dHA6Ly9sb2NhbGhvc3Q6MzAwMC8A',
  'AAAAAEB/QAAAAAAAAPg/AAAAAAAA8L8AAAAAAAAxQFtbIlgtVHdpY2UiLCIxIl1dAAAAAAAAAAAA',
  'AAAAAAAIQAD/CgAAAAAAAPA/AAAAAAAAFEBjYXBfYQAAAAAAYH9AAAAAAAAA8D8AAAAAAAAUQGNh',
  'cF9hAAAAAAAAAEBvaw==',
];

it('a batch on disk is what it was in this version of the schema', () => {
  // Where this fails, a store may hold batches that are no longer understood: raise the version.
  const capture = { ...makeCapture(1), id: 'cap_a', declaredEventId: 'evt', path: '/', answered: null };
  const packed = pack({
    captures: [{ ...capture, headers: [['A', 'b']], body: Buffer.from('{}') }],
    forwards: [['cap_a', FORWARD]],
    answered: [['cap_a', 502]],
    reasons: [['cap_a', 'ok']],
  });
  const database: Database = openDatabase(storeFile(), 'write');
  onTestFinished(() => database.close());
  expect(packed.toString('base64').match(/.{1,76}/g)).toEqual(PACKED);
  expect(readPragma(database, 'user_version')).toBe(4);
});
