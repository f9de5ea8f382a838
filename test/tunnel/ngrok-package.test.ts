import { describe, expect, it } from 'vitest';
import { createNgrokProvider } from '../../src/tunnel/ngrok.ts';
import { loadNgrokPackage, type NgrokPackage } from '../../src/tunnel/ngrok-package.ts';
import type { TunnelWorld } from '../../src/tunnel/provider.ts';
import { testContext } from '../support/context.ts';
import { start } from './stand-ins.ts';

/** Without the program. */
function world(env: Readonly<Record<string, string>> = { NGROK_AUTHTOKEN: '2abc' }): TunnelWorld {
  return testContext({ env: { PATH: '/nonexistent', ...env } });
}

interface StandIn extends NgrokPackage {
  readonly configs: object[];
  closed: number;
  lose(): void;
}

function standIn(result: string | Error): StandIn {
  let onStatus: (status: string) => void = () => undefined;
  const made: StandIn = {
    configs: [],
    closed: 0,
    lose: () => onStatus('closed'),
    forward: async ({ onStatusChange, ...config }) => {
      made.configs.push(config);
      onStatus = onStatusChange;
      if (result instanceof Error) throw result;
      return {
        url: () => result,
        close: async () => {
          made.closed += 1;
        },
      };
    },
  };
  return made;
}

describe('the package @ngrok/ngrok', () => {
  it('opens a tunnel where the program is not installed, and closes it', async () => {
    const ngrok = standIn('https://a1b2.ngrok-free.app');
    const tunnel = await createNgrokProvider(undefined, world(), () => ngrok).start(start);
    expect(tunnel.url.href).toBe('https://a1b2.ngrok-free.app/');
    expect(ngrok.configs).toEqual([{ addr: 'http://127.0.0.1:4400', authtoken: '2abc' }]);
    await tunnel.stop();
    expect(ngrok.closed).toBeGreaterThan(0);
  });

  it('takes a reserved address', async () => {
    const ngrok = standIn('https://hooks.example.com');
    const url = new URL('https://hooks.example.com/in');
    await createNgrokProvider(url, world(), () => ngrok).start(start);
    expect(ngrok.configs).toMatchObject([{ domain: 'hooks.example.com' }]);
  });

  it('is closed when its connection is lost', async () => {
    const ngrok = standIn('https://a1b2.ngrok-free.app');
    const tunnel = await createNgrokProvider(undefined, world(), () => ngrok).start(start);
    ngrok.lose();
    expect((await tunnel.closed).message).toBe('the connection to ngrok was lost');
    expect(ngrok.closed).toBe(1);
  });

  it('asks for an authtoken', async () => {
    const provider = createNgrokProvider(undefined, world({}), () => standIn(''));
    await expect(provider.start(start)).rejects.toMatchObject({
      code: 'NOT_AUTHENTICATED',
      hint: expect.stringContaining('NGROK_AUTHTOKEN') as string,
    });
  });

  it('has its error codes explained as those of the program', async () => {
    const refused = Object.assign(new Error('authentication failed'), { code: 'ERR_NGROK_105' });
    const provider = createNgrokProvider(undefined, world(), () => standIn(refused));
    await expect(provider.start(start)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' });
  });

  it('is not needed where there is none: the error says how to install either', async () => {
    const provider = createNgrokProvider(undefined, world(), () => null);
    const hint = expect.stringContaining('ngrok') as string;
    await expect(provider.start(start)).rejects.toMatchObject({ code: 'NOT_FOUND', hint });
  });

  // The real one; where ngrok is reachable, it refuses the token.
  it.skipIf(loadNgrokPackage() === null)('says that it cannot reach ngrok', async () => {
    const provider = createNgrokProvider(undefined, world());
    await expect(provider.start(start)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^ngrok cannot reach its servers$|^ngrok is not logged in/,
      ) as string,
    });
  });
});
