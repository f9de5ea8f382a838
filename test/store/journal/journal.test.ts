import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Capture } from '../../../src/request/capture.ts';
import { captureRecord, forwardRecord } from '../../../src/store/journal/record.ts';
import {
  journalFolder,
  listQuarantined,
  segmentName,
  segmentPath,
} from '../../../src/store/journal/segments.ts';
import { openDatabase } from '../../../src/store/schema.ts';
import { openReader, openStore } from '../../../src/store/writer.ts';
import { FORWARD, makeCapture } from '../../support/captures.ts';
import { asNew, ids, openBackground, segmentsOf, storeFile } from '../store-world.ts';

vi.mock('node:worker_threads', async () => {
  const { workers } = await import('../workers.ts');
  return {
    parentPort: null,
    Worker: function Worker() {
      return workers.create();
    },
  };
});

const captures = [1, 2, 3].map((n) => makeCapture(n));
const [first, second, third] = captures as [Capture, Capture, Capture];

/** A store with a segment that its writer has left behind, as kill -9 does. */
async function abandoned(
  ...groups: ReadonlyArray<readonly Capture[]>
): Promise<{ file: string; segment: string }> {
  const file = storeFile();
  openStore(file).close();
  const folder = journalFolder(file);
  mkdirSync(folder, { mode: 0o700 });
  const segment = segmentPath(folder, segmentName(1, Buffer.from('abcd')));
  writeFileSync(segment, Buffer.concat(groups.flat().flatMap((one) => captureRecord(asNew(one)))));
  return { file, segment };
}

/** The captures a new reader finds, and what it ends with. */
function readAll(file: string): { ids: string[]; error: string | null } {
  const reader = openReader(file);
  const found: string[] = [];
  try {
    for (const { id } of reader?.each({}) ?? []) found.push(id);
    return { ids: found, error: null };
  } catch (error) {
    return { ids: found, error: (error as Error).message };
  } finally {
    reader?.close();
  }
}

describe('what was added is there', () => {
  it.each<[string, (file: string) => string[]]>([
    ['the newest', (file) => ids(openReader(file)?.newest({}, 10) ?? []).toReversed()],
    ['all, oldest first', (file) => ids(openReader(file)?.each({}) ?? [])],
    ['each by its id', (file) => captures.flatMap(({ id }) => openReader(file)?.get(id)?.id ?? [])],
    [
      'by event',
      (file) => captures.flatMap(({ eventId }) => ids(openReader(file)?.ofEvent(eventId) ?? [])),
    ],
    ['a writer', (file) => ids(openStore(file).each({}))],
  ])('for a reader of %s, while the listener goes on', async (_, ask) => {
    const file = storeFile();
    const { store } = await openBackground(file);
    await Promise.all(captures.map((capture) => store.add(asNew(capture))));
    expect(ask(file)).toEqual(ids(captures));
    await store.add(asNew(makeCapture(4)));
    expect(ids(openReader(file)?.list({}, 1) ?? [])).toEqual([makeCapture(4).id]);
  });

  it('with its forwards, what its sender got and the reason found later', async () => {
    const file = storeFile();
    const { store } = await openBackground(file);
    await store.add(asNew({ ...first, answered: null }));
    store.addForward(first.id, FORWARD);
    store.setAnswered(first.id, 502);
    store.setReason(first.id, 'secret_quoted');
    await store.flush();
    expect(openReader(file)?.get(first.id)).toEqual({
      ...first,
      answered: 502,
      verification: { valid: true, reason: 'secret_quoted' },
      forwards: [FORWARD],
    });
  });

  it('in one file once the listener has ended', async () => {
    const file = storeFile();
    const { store } = await openBackground(file);
    await Promise.all(captures.map((capture) => store.add(asNew(capture))));
    expect(segmentsOf(file)).toHaveLength(1);
    await store.close();
    expect(existsSync(journalFolder(file))).toBe(false);
    expect(readAll(file)).toEqual({ ids: ids(captures), error: null });
  });
});

describe('a segment that was left behind', () => {
  it('is drained by the next reader, once, and removed', async () => {
    const { file } = await abandoned(captures);
    expect(readAll(file)).toEqual({ ids: ids(captures), error: null });
    expect(existsSync(journalFolder(file))).toBe(false);
    expect(readAll(file).ids).toHaveLength(3);
  });

  it('loses an unfinished record at its end, which was never acknowledged', async () => {
    const { file, segment } = await abandoned([first, second]);
    const record = Buffer.concat(captureRecord(asNew(third)));
    const whole = readFileSync(segment);
    for (const size of [1, 8, 31, 32, 33, 64, record.length - 1]) {
      mkdirSync(journalFolder(file), { recursive: true });
      writeFileSync(segment, Buffer.concat([whole, record.subarray(0, size)]));
      expect(readAll(file), `${size} bytes`).toEqual({ ids: ids([first, second]), error: null });
    }
  });

  it('is drained once, wherever a drain was killed', async () => {
    const { file, segment } = await abandoned(captures);
    appendFileSync(segment, Buffer.concat(forwardRecord(first.id, FORWARD)));
    // After the part was committed and before the file was removed: both orders of the two are tried.
    const copy = readFileSync(segment);
    expect(readAll(file).ids).toEqual(ids(captures));
    mkdirSync(journalFolder(file), { recursive: true });
    writeFileSync(segment.replace('.journal', '.closing'), copy);
    expect(readAll(file)).toEqual({ ids: ids(captures), error: null });
    expect(openReader(file)?.get(first.id)?.forwards).toEqual([FORWARD]);
  });

  it.each([
    ['a body', 1],
    ['a head', 0],
  ])('tells of a damaged record once (%s), shows the rest, and is set aside', async (_, inBody) => {
    const { file, segment } = await abandoned(captures);
    const size = Buffer.concat(captureRecord(asNew(first))).length;
    const bytes = readFileSync(segment);
    const at = inBody === 1 ? bytes.indexOf(second.body) : size;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    const { error } = readAll(file);
    expect(error).toContain('is damaged');
    expect(error).toContain(inBody === 1 ? `the body of ${second.id}` : `bytes at ${size}`);
    expect(readAll(file)).toEqual({ ids: ids([first, third]), error: null });
    expect(listQuarantined(journalFolder(file))).toHaveLength(1);
  });

  it('that is lost is told once', async () => {
    const { file, segment } = await abandoned([first]);
    const store = openStore(file);
    store.register(basename(segment, '.journal'));
    store.close();
    rmSync(segment);
    expect(readAll(file).error).toContain('.journal is missing');
    expect(readAll(file)).toEqual({ ids: [], error: null });
  });
});

describe('a journal that cannot be drained is read in place', () => {
  /** Another connection holds SQLite's file in a state that refuses writes. */
  function fill(file: string): void {
    const database = openDatabase(file, 'write');
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as {
      page_count: number;
    };
    database.exec(`PRAGMA max_page_count = ${pages}`);
    database.close();
  }

  it('on a full disk, with everything that came after the capture', async () => {
    const { file, segment } = await abandoned(captures);
    appendFileSync(segment, Buffer.concat(forwardRecord(first.id, FORWARD)));
    fill(file);
    const original = (await import('../../../src/store/schema.ts')).openDatabase;
    const full = vi
      .spyOn(await import('../../../src/store/schema.ts'), 'runTransaction')
      .mockImplementation(() => {
        throw Object.assign(new Error('database or disk is full'), {
          sqliteCodeName: 'SQLITE_FULL',
        });
      });
    try {
      expect(original).toBeTypeOf('function');
      const reader = openReader(file);
      expect(ids(reader?.each({}) ?? [])).toEqual(ids(captures));
      expect(ids(reader?.newest({}, 2) ?? [])).toEqual(ids([third, second]));
      expect(reader?.get(first.id)?.forwards).toEqual([FORWARD]);
      expect(ids(reader?.ofEvent(second.eventId) ?? [])).toEqual([second.id]);
      expect(ids(reader?.each({ failed: true }) ?? [])).toEqual([first.id]);
      reader?.close();
    } finally {
      full.mockRestore();
    }
    expect(readAll(file)).toEqual({ ids: ids(captures), error: null });
  });
});

describe('damage in the store itself', () => {
  it('one flipped bit of a body is named, and the others are shown', async () => {
    const file = storeFile();
    const store = openStore(file);
    store.import(captures);
    store.close();
    const bytes = readFileSync(file);
    const at = bytes.indexOf(second.body);
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ 1;
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, bytes, 0, bytes.length, 0);
    closeSync(descriptor);
    const { ids: shown, error } = readAll(file);
    expect(shown).toEqual(ids([first, third]));
    expect(error).toContain(second.id);
    expect(() => openReader(file)?.get(second.id)).toThrow(second.id);
    expect(openReader(file)?.get(first.id)?.body).toEqual(first.body);
  });
});

it('files of the journal are the user’s alone', async () => {
  const file = storeFile();
  const { store } = await openBackground(file);
  await store.add(asNew(first));
  expect(statSync(journalFolder(file)).mode & 0o777).toBe(0o700);
  for (const path of segmentsOf(file)) expect(statSync(path).mode & 0o777).toBe(0o600);
  chmodSync(journalFolder(file), 0o700);
});
