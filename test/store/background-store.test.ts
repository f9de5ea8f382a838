import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { type BackgroundStore, startStoreThread } from '../../src/store/background-store.ts';
import { toNewCapture, unpackRows } from '../../src/store/rows.ts';
import type { FromThread, ToThread } from '../../src/store/thread-messages.ts';
import type { Forward, NewCapture } from '../../src/request/capture.ts';
import { FORWARD, makeCapture } from '../support/captures.ts';

type Write = ToThread & { type: 'write' };

/** The other side of the store, which answers when the test says so. */
class FakeThread extends EventEmitter {
  readonly writes: Write[] = [];
  private onWrite: (() => void) | undefined;

  constructor() {
    super();
    threads.push(this);
  }

  postMessage(message: ToThread): void {
    if (message.type === 'open') this.answer({ type: 'open', error: null });
    else if (message.type === 'close') this.answer({ type: 'closed' });
    else {
      this.writes.push(message);
      this.onWrite?.();
    }
  }

  answer(message: FromThread): void {
    queueMicrotask(() => this.emit('message', message));
  }

  /** Resolves once so many batches have come. */
  async hasWrites(count: number): Promise<void> {
    while (this.writes.length < count)
      await new Promise<void>((resolve) => (this.onWrite = resolve));
  }

  ref(): void {}
  unref(): void {}
}

const threads = vi.hoisted((): FakeThread[] => []);
vi.mock('node:worker_threads', () => ({
  Worker: function Worker() {
    return new FakeThread();
  },
}));

async function open(): Promise<{ store: BackgroundStore; thread: FakeThread }> {
  const store = await startStoreThread().open('captures.db', () => undefined);
  const thread = threads.at(-1);
  if (thread === undefined) throw new Error('expected a thread');
  return { store, thread };
}

const ANSWERED: Forward = { ...FORWARD, responseBody: Buffer.from('ok') };

const WRITTEN: FromThread = { type: 'written', firsts: [], error: null };

/** What is packed in a batch, read only now. */
function bodiesOf({ memory, size }: Write): string[] {
  const { captures, forwards } = unpackRows(Buffer.from(memory, 0, size));
  const bodies = Array.from(captures, ({ body }) => body);
  const answers = Array.from(forwards, ({ responseBody }) => responseBody);
  return [...bodies, ...answers].map((body) => Buffer.from(body).toString());
}

const capture = (body: string): NewCapture =>
  toNewCapture(makeCapture(1, { body: Buffer.from(body) }));

it.each([['small'], ['larger than what is kept of it'.repeat(1_200_000)]])(
  'leaves the memory of a batch alone until the thread has written it',
  async (first) => {
    const { store, thread } = await open();
    const added = [store.add(capture(first))];
    await thread.hasWrites(1);
    added.push(store.add(capture('second')), store.add(capture('third')));
    store.addForward('c', ANSWERED);
    const flushed = store.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(thread.writes.map(bodiesOf)).toEqual([[first]]);
    thread.answer({ type: 'written', firsts: [], error: { message: 'full', hint: undefined } });
    await expect(added[0]).rejects.toThrow('full');
    await thread.hasWrites(2);
    expect(thread.writes.slice(1).map(bodiesOf)).toEqual([['second', 'third', 'ok']]);
    thread.answer(WRITTEN);
    expect(await Promise.all([...added.slice(1), flushed])).toEqual([null, null, undefined]);
    await store.close();
  },
);

it('is closed after its thread has died, though notes came behind', async () => {
  const { store, thread } = await open();
  const added = store.add(capture('lost'));
  await thread.hasWrites(1);
  store.addForward('a', ANSWERED);
  thread.emit('error', new Error('out of memory'));
  await expect(added).rejects.toThrow("the store's thread ended: out of memory");
  await expect(store.add(capture('late'))).rejects.toThrow('out of memory');
  store.addForward('b', ANSWERED);
  store.setAnswered('b', 200);
  await store.close();
  expect(thread.writes).toHaveLength(1);
});
