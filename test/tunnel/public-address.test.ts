import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../src/errors.ts';
import { CHECK_HEADER, NonceChecks } from '../../src/http/server/nonce-checks.ts';
import type { ReceivedRequest } from '../../src/http/server/receive.ts';
import type { OpenTunnel, TunnelProvider } from '../../src/tunnel/provider.ts';
import { PublicAddress, type TunnelEvent } from '../../src/tunnel/public-address.ts';
import { createFakeClock } from '../support/emulator.ts';

const LOST = new RelyableError('UNREACHABLE', 'the connection was lost');
const DOWN = new RelyableError('UNREACHABLE', 'no network');

interface Setup {
  readonly address: PublicAddress;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly events: TunnelEvent[];
  readonly told: string[];
  /** Ends the open tunnel. */
  lose(): void;
  /** Answers of the next starts: a host name, or an error. The last one is repeated. */
  next: Array<string | RelyableError>;
  starts(): number;
}

/** A public address whose requests come back by themselves, on a clock that stands still. */
function setUp(maxReconnectMs?: number): Setup {
  const clock = createFakeClock();
  const checks = new NonceChecks();
  const events: TunnelEvent[] = [];
  const told: string[] = [];
  let close: (error: RelyableError) => void = () => undefined;
  let count = 0;
  const provider: TunnelProvider = {
    name: 'stand-in',
    hasNewNames: false,
    clientHeader: null,
    start: async (): Promise<OpenTunnel> => {
      count += 1;
      const answer = setup.next.length > 1 ? setup.next.shift() : setup.next[0];
      if (answer === undefined || answer instanceof RelyableError) throw answer ?? DOWN;
      const closed = new Promise<RelyableError>((resolve) => (close = resolve));
      return { url: new URL(`https://${answer}/`), closed, stop: async () => close(LOST) };
    },
  };
  const address = new PublicAddress(
    {
      provider,
      url: undefined,
      localUrl: new URL('http://127.0.0.1:4400'),
      checks,
      signal: new AbortController().signal,
      maxReconnectMs,
      emit: (event) => events.push(event),
      onProgress: () => undefined,
      onSlow: (text) => told.push(text),
    },
    {
      fetch: async (_, init) => {
        const nonce = new Headers(init?.headers).get(CHECK_HEADER) ?? '';
        const response = Object.assign(new PassThrough(), { writeHead: () => undefined });
        const received = { headers: [[CHECK_HEADER, nonce]], response };
        checks.answer(received as unknown as ReceivedRequest);
        return new Response('{}');
      },
      askPublicDns: async () => 'known',
      elapsed: clock.now,
      sleep: (ms, signal) => clock.sleep(ms, signal),
      randomBytes: (size) => Buffer.alloc(size, 255),
    },
  );
  const setup: Setup = {
    address,
    clock,
    events,
    told,
    lose: () => close(LOST),
    next: ['a.example.test'],
    starts: () => count,
  };
  return setup;
}

const states = ({ events }: Setup): string[] => events.map(({ state, url }) => `${state} ${url}`);

describe('a tunnel that is lost', () => {
  it('is opened again with growing pauses, for ever, and each cause is told once', async () => {
    const setup = setUp();
    const { address, clock, told } = setup;
    expect((await address.open()).href).toBe('https://a.example.test/');
    address.keep();
    setup.next = [DOWN];
    setup.lose();
    // 1, 2, 4, 8, 16 s, and from then on 30 s.
    await clock.pass(31_000);
    expect(setup.starts()).toBe(6);
    await clock.pass(3_600_000);
    expect(setup.starts()).toBe(126);
    expect(told).toEqual(['no network; trying again']);
    setup.next = ['a.example.test'];
    await clock.pass(30_000);
    expect(states(setup)).toEqual([
      'up https://a.example.test/',
      'down https://a.example.test/',
      'up https://a.example.test/',
    ]);
    await address.close();
  });

  it('says that Relyable still sends to the old address where it has changed', async () => {
    const setup = setUp();
    const { address, clock, events } = setup;
    await address.open();
    address.keep();
    setup.next = ['b.example.test'];
    setup.lose();
    await clock.pass(1000);
    expect(events.at(-1)).toEqual({
      type: 'tunnel',
      state: 'changed',
      url: 'https://b.example.test/',
      provider: 'stand-in',
      message: 'Relyable still sends to https://a.example.test/',
    });
    await address.close();
  });

  it('is given up after --max-reconnect, counted from each loss', async () => {
    const setup = setUp(60_000);
    const { address, clock } = setup;
    await address.open();
    address.keep();
    setup.next = [DOWN, 'a.example.test', DOWN];
    setup.lose();
    await clock.pass(50_000);
    expect(states(setup).at(-1)).toBe('up https://a.example.test/');
    let error: unknown;
    address.lost.catch((lost: unknown) => (error = lost));
    await clock.pass(600_000);
    expect(error).toBeUndefined();
    setup.lose();
    await clock.pass(59_000);
    expect(error).toBeUndefined();
    await clock.pass(1000);
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message:
        'the public address https://a.example.test/ stayed down for as long as --max-reconnect allows',
    });
    const starts = setup.starts();
    await clock.pass(600_000);
    expect(setup.starts()).toBe(starts);
    await address.close();
  });
});
