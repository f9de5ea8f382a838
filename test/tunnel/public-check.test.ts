import { describe, expect, it } from 'vitest';
import { NonceChecks } from '../../src/http/server/nonce-checks.ts';
import {
  checkPublicUrl,
  type NameState,
  type PublicCheckWorld,
} from '../../src/tunnel/public-check.ts';

/** A world in which time passes only while something sleeps. */
function worldOf(
  answer: (count: number) => Promise<Response>,
  names: readonly NameState[] = [],
): PublicCheckWorld & { readonly log: string[] } {
  let [ms, count, asked] = [0, 0, 0];
  const log: string[] = [];
  return {
    log,
    fetch: () => {
      log.push(`request at ${ms}`);
      return answer((count += 1));
    },
    askPublicDns: async () => {
      log.push(`name at ${ms}`);
      return names[asked++] ?? 'known';
    },
    elapsed: () => ms,
    sleep: async (duration, signal) => {
      signal?.throwIfAborted();
      ms += duration;
    },
    randomBytes: (size) => Buffer.alloc(size, 7),
  };
}

const check = (world: PublicCheckWorld, hasNewName: boolean, stop: AbortController) => {
  const told: string[] = [];
  const done = checkPublicUrl(
    {
      url: new URL('https://hooks.example.com/x'),
      hasNewName,
      checks: new NonceChecks(),
      signal: stop.signal,
      onSlow: (text) => {
        told.push(text);
        stop.abort();
      },
    },
    world,
  );
  return { told, done };
};

describe('a new name', () => {
  it('is not asked of the system before public DNS knows it', async () => {
    const stop = new AbortController();
    const world = worldOf(async () => {
      stop.abort();
      return new Response(null, { status: 502 });
    }, ['missing', 'missing', 'known']);
    await expect(check(world, true, stop).done).rejects.toThrow();
    expect(world.log).toEqual(['name at 2000', 'name at 3000', 'name at 4000', 'request at 4000']);
  });

  it('is asked of the system late where no public resolver answers', async () => {
    const stop = new AbortController();
    const world = worldOf(async () => {
      stop.abort();
      return new Response(null, { status: 502 });
    }, Array<NameState>(20).fill('unknown'));
    await expect(check(world, true, stop).done).rejects.toThrow();
    expect(world.log.at(-1)).toBe('request at 8000');
  });
});

describe('an address that does not lead here', () => {
  const failing = (code: string) => async (): Promise<Response> => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
  };
  it.each([
    ['ENOTFOUND', failing('ENOTFOUND'), /DNS does not know hooks\.example\.com/],
    ['ECONNREFUSED', failing('ECONNREFUSED'), /refuses connections/],
    ['ETIMEDOUT', failing('ETIMEDOUT'), /a firewall, or no network/],
    ['301', async () => new Response(null, { status: 301 }), /redirects \(301\)/],
    ['403', async () => new Response(null, { status: 403 }), /asks for a login/],
    ['404', async () => new Response(null, { status: 404 }), /does not pass POST on/],
    ['530', async () => new Response(null, { status: 530 }), /cannot reach this listener/],
    ['200', async () => new Response('hi'), /another server than this listener/],
  ])('is explained after 30 s: %s', async (_, answer, says) => {
    const stop = new AbortController();
    const { told, done } = check(worldOf(answer), false, stop);
    await expect(done).rejects.toThrow();
    expect(told).toEqual([expect.stringMatching(says)]);
  });
});
