import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../src/store/journal/journal-writer.ts';
import { captureRecord } from '../../../src/store/journal/record.ts';
import {
  beginClosing,
  journalFolder,
  listSegments,
  quarantine,
  SEGMENT_BYTES,
  segmentName,
  segmentPath,
} from '../../../src/store/journal/segments.ts';
import { openStore } from '../../../src/store/writer.ts';
import { makeCapture } from '../../support/captures.ts';
import { asNew, ids, segmentsOf, storeFile } from '../store-world.ts';

const RECORD = Buffer.concat(captureRecord(asNew(makeCapture(1))));
const NAME = segmentName(1, Buffer.from('abcd'));

/** A store with a segment of these bytes. */
function storeWithSegment(bytes: Uint8Array): { file: string; segment: string } {
  const file = storeFile();
  openStore(file).close();
  const folder = journalFolder(file);
  mkdirSync(folder, { mode: 0o700 });
  const segment = segmentPath(folder, NAME);
  writeFileSync(segment, bytes);
  return { file, segment };
}

it('a segment whose first group is refused is removed', async () => {
  const file = storeFile();
  openStore(file).close();
  const writer = new JournalWriter(file, () => Promise.reject(new Error('disk full')));
  const { from } = await writer.write([RECORD], 1);
  await expect(writer.confirm()).rejects.toThrow('disk full');
  await writer.takeBack(from);
  expect(segmentsOf(file)).toEqual([]);
});

it('a full segment is removed once it is drained, while its writer is never idle', () => {
  // Behind the record an unfinished one: its header alone.
  const { file, segment } = storeWithSegment(Buffer.concat([RECORD, hugeHeader()]));
  truncateSync(segment, SEGMENT_BYTES);
  const store = openStore(file);
  expect(store.drainPart()).toBe(RECORD.length);
  expect(store.drainPart()).toBe(0);
  expect(segmentsOf(file)).toEqual([]);
  expect(ids(store.each({}))).toEqual([makeCapture(1).id]);
  store.close();
});

/** The header of a record that is larger than a segment. */
function hugeHeader(): Buffer {
  const [header] = captureRecord(asNew(makeCapture(2, { body: Buffer.alloc(SEGMENT_BYTES) })));
  return Buffer.from(header ?? []);
}

it('a segment that was drained and removed before it was noted is not missed', () => {
  const file = storeFile();
  const store = openStore(file);
  store.register(NAME);
  expect(() => store.drainAll()).not.toThrow();
  store.close();
});

it('a second drain goes on where the first has renamed the segment', () => {
  const { file } = storeWithSegment(RECORD);
  const [segment] = listSegments(journalFolder(file));
  if (segment === undefined) throw new Error('expected a segment');
  const [one, other] = [beginClosing(segment), beginClosing(segment)];
  expect(other).toEqual(one);
  quarantine(one);
  expect(() => quarantine(other)).not.toThrow();
  expect(listSegments(journalFolder(file))).toEqual([]);
});

it('a capture that was drained before its group was written again is not its own repeat', () => {
  const { file } = storeWithSegment(RECORD);
  const store = openStore(file);
  store.drainAll();
  mkdirSync(journalFolder(file));
  writeFileSync(segmentPath(journalFolder(file), NAME), RECORD);
  expect(store.firstsOf({ segment: NAME, from: 0, to: RECORD.length, descriptor: -1 })).toEqual([
    null,
  ]);
  store.close();
});
