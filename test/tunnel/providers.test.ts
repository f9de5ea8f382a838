import { describe, expect, it } from 'vitest';
import { createCloudflaredProvider } from '../../src/tunnel/cloudflared.ts';
import { createNgrokProvider } from '../../src/tunnel/ngrok.ts';
import type { TunnelProvider, TunnelWorld } from '../../src/tunnel/provider.ts';
import { chooseProvider } from '../../src/tunnel/providers.ts';
import { createTailscaleProvider } from '../../src/tunnel/tailscale.ts';
import { testContext } from '../support/context.ts';
import { printing, start, worldWith } from './stand-ins.ts';

type Create = (world: TunnelWorld) => TunnelProvider;

const PROVIDERS: Readonly<Record<string, readonly [variable: string, create: Create]>> = {
  cloudflared: ['RELYABLE_CLOUDFLARED_PATH', createCloudflaredProvider],
  ngrok: ['RELYABLE_NGROK_PATH', (world) => createNgrokProvider(undefined, world)],
  tailscale: ['RELYABLE_TAILSCALE_PATH', createTailscaleProvider],
};

function standIn(name: string, script: string): TunnelProvider {
  const [variable, create] = PROVIDERS[name] ?? ['', createTailscaleProvider];
  return create(worldWith(variable, script));
}

// Each line is one that the program prints. The comment above it says where it can be read: in the
// program's own source, in its documentation, or in a report (owner/name#number on GitHub). Names and addresses are made up.

/**
 * cloudflared with --metrics; the metrics answer 503 until it is registered. cloudflare/cloudflared,
 * metrics/metrics.go (the line, /ready and /quicktunnel); the line of 2025.1.0 is in
 * homeassistant-apps/app-cloudflared#775.
 */
const CLOUDFLARED_WITH_METRICS = `
const http = require('node:http');
let asked = 0;
const server = http.createServer((request, response) => {
  if (request.url === '/quicktunnel') response.end('{"hostname":"wide-oak-12.trycloudflare.com"}');
  else { response.statusCode = ++asked < 3 ? 503 : 200; response.end('{}'); }
}).listen(0, '127.0.0.1', () => console.error(
  '2025-11-04T09:10:11Z INF Starting metrics server on 127.0.0.1:' + server.address().port + '/metrics'));
`;

describe('the address', () => {
  it.each([
    {
      what: 'the metrics of cloudflared',
      name: 'cloudflared',
      script: CLOUDFLARED_WITH_METRICS,
      url: 'https://wide-oak-12.trycloudflare.com/',
    },
    {
      what: 'the banner of a cloudflared whose metrics do not say it',
      // cmd/cloudflared/tunnel/quick_tunnel.go; the last line is of 2025.1.0, in
      // homeassistant-apps/app-cloudflared#775.
      name: 'cloudflared',
      script: printing(
        [
          '2025-01-28T06:13:36Z INF Requesting new quick Tunnel on trycloudflare.com...',
          '2025-01-28T06:13:37Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |',
          '2025-01-28T06:13:37Z INF |  https://low-tide-7.trycloudflare.com                                                      |',
          '2025-01-28T06:13:37Z INF Registered tunnel connection connIndex=0 connection=5c94b68c-6732-40c1-9b49-9f8f6c23521d event=0 ip=198.51.100.7 location=fra01 protocol=quic',
        ],
        'stays',
      ),
      url: 'https://low-tide-7.trycloudflare.com/',
    },
    {
      what: 'the banner of an older cloudflared (2021.5)',
      // The lines of quick_tunnel.go as above; how 2021.5 names a connection is in logs of May 2021, e.g.
      // "INF Connection 1daced2f-… registered connIndex=0 location=MCI".
      name: 'cloudflared',
      script: printing(
        [
          '2021-05-04T17:39:48Z INF |  https://high-tide-7.trycloudflare.com  |',
          '2021-05-04T17:39:49Z INF Connection 1daced2f-466c-4610-8ba6-7642a8ddec68 registered connIndex=0 location=MCI',
        ],
        'stays',
      ),
      url: 'https://high-tide-7.trycloudflare.com/',
    },
    {
      what: 'a cloudflared that is given an empty configuration in place of the one of its user',
      // config/configuration.go, ReadConfigFile: an empty file is logged as an error, and used.
      name: 'cloudflared',
      script: `
const file = process.argv[process.argv.indexOf('--config') + 1];
if (require('node:fs').readFileSync(file, 'utf8') !== '') process.exit(1);
console.error('2025-11-04T09:10:10Z ERR Configuration file ' + file + ' was empty');
${CLOUDFLARED_WITH_METRICS}`,
      url: 'https://wide-oak-12.trycloudflare.com/',
    },
    {
      what: 'the JSON log of ngrok 3',
      // The entries are in inconshreveable/ngrok#66 as logfmt; --log-format json writes the same fields.
      name: 'ngrok',
      script: printing(
        [
          '{"id":"6d","lvl":"info","msg":"client session established","obj":"csess"}',
          '{"addr":"http://127.0.0.1:4400","lvl":"info","msg":"started tunnel","name":"command_line","obj":"tunnels","url":"https://a1b2.ngrok-free.app"}',
        ],
        'stays',
      ),
      url: 'https://a1b2.ngrok-free.app/',
    },
    {
      what: 'the text of tailscale 1.52 and newer',
      // tailscale/tailscale, cmd/tailscale/cli/serve_v2.go, msgFunnelAvailable, and its test.
      name: 'tailscale',
      script: printing(
        [
          'Available on the internet:',
          '',
          'https://laptop.tail0123.ts.net/',
          '|-- proxy http://127.0.0.1:4400',
          '',
          'Press Ctrl+C to exit.',
        ],
        'stays',
      ),
      url: 'https://laptop.tail0123.ts.net/',
    },
  ])('comes from $what', async ({ name, script, url }) => {
    const tunnel = await standIn(name, script).start(start);
    expect(tunnel.url.href).toBe(url);
    await tunnel.stop();
    expect((await tunnel.closed).code).toBe('UNREACHABLE');
  });
});

describe('a failure', () => {
  it.each([
    {
      what: 'too many quick tunnels (cloudflared)',
      // cmd/cloudflared/tunnel/quick_tunnel.go; met in decolua/9router#1545. Before 2024.8 only the last
      // line, as in cloudflare/cloudflared#972.
      name: 'cloudflared',
      lines: [
        '2024-09-01T10:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...',
        '2024-09-01T10:00:00Z ERR Error unmarshaling QuickTunnel response: error code: 1015 error="invalid character \'e\' looking for beginning of value" status_code="429 Too Many Requests"',
        "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value",
      ],
      code: 'UNREACHABLE',
      says: /too many were asked for/,
      hint: /wait some minutes/,
    },
    {
      what: 'no network (cloudflared)',
      // cloudflare/cloudflared#555, version 2022.1.3.
      name: 'cloudflared',
      lines: [
        'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com on 127.0.0.53:53: no such host',
      ],
      code: 'UNREACHABLE',
      says: /cannot reach Cloudflare/,
      hint: /7844/,
    },
    {
      what: 'an old version (cloudflared)',
      // urfave/cli, with which it reads its options, for one that a version does not have.
      name: 'cloudflared',
      lines: ['Incorrect Usage: flag provided but not defined: -metrics'],
      code: 'UNREACHABLE',
      says: /too old/,
      hint: /update cloudflared/,
    },
    {
      what: 'no authtoken (ngrok)',
      // ngrok.com/docs/errors/err_ngrok_4018; the entry as in inconshreveable/ngrok#66.
      name: 'ngrok',
      lines: [
        '{"err":"authentication failed: Usage of ngrok requires a verified account and authtoken.\\n\\nERR_NGROK_4018\\r\\n","lvl":"eror","msg":"failed to reconnect session","obj":"csess"}',
      ],
      code: 'NOT_AUTHENTICATED',
      says: /not logged in.*ERR_NGROK_4018/,
      hint: /add-authtoken/,
    },
    {
      what: 'the session limit (ngrok)',
      // ngrok.com/docs/errors/err_ngrok_108; the entry as in inconshreveable/ngrok#797.
      name: 'ngrok',
      lines: [
        '{"err":"authentication failed: Your account is limited to 1 simultaneous ngrok agent sessions.\\r\\n\\r\\nERR_NGROK_108\\r\\n","lvl":"eror","msg":"session closing","obj":"tunnels.session"}',
      ],
      code: 'UNREACHABLE',
      says: /as many agents online as it may/,
      hint: /stop the other ngrok/,
    },
    {
      what: 'a name that is online elsewhere (ngrok)',
      // ngrok.com/docs/errors/err_ngrok_334; the entry as in inconshreveable/ngrok#797.
      name: 'ngrok',
      lines: [
        '{"err":"failed to start tunnel: The endpoint \'https://a.example.app\' is already online. Either\\n1. stop your existing endpoint first, or\\n2. start both endpoints with `--pooling-enabled` to load balance between them.\\r\\n\\r\\nERR_NGROK_334\\r\\n","lvl":"eror","msg":"session closing","obj":"tunnels.session"}',
      ],
      code: 'UNREACHABLE',
      says: /online already/,
      hint: /stop that one/,
    },
    {
      what: 'no network (ngrok)',
      // ngrok/ngrok-go, internal errors: ErrSessionDial; the name that is looked up is the agent's.
      name: 'ngrok',
      lines: [
        '{"err":"failed to dial ngrok server with address \\"connect.ngrok-agent.com:443\\": dial tcp: lookup connect.ngrok-agent.com: no such host","lvl":"eror","msg":"failed to reconnect session"}',
      ],
      code: 'UNREACHABLE',
      says: /cannot reach its servers/,
      hint: /check the network/,
    },
    {
      what: 'an unknown code (ngrok)',
      // Not a real one: what a code is that ngrok.com/docs/errors does not list yet.
      name: 'ngrok',
      lines: ['ERROR:  something new happened. ERR_NGROK_99999'],
      code: 'UNREACHABLE',
      says: /refuses the tunnel \(ERR_NGROK_99999\)/,
      hint: /err_ngrok_99999/,
    },
    {
      what: 'Funnel not enabled (tailscale)',
      // tailscale/tailscale#16668.
      name: 'tailscale',
      lines: [
        'Funnel is not enabled on your tailnet.',
        'To enable, visit:',
        '',
        '         https://login.tailscale.com/f/funnel?node=n1',
      ],
      code: 'NOT_AUTHENTICATED',
      says: /Funnel is not enabled/,
      hint: /f\/funnel\?node=n1/,
    },
    {
      what: 'no daemon (tailscale)',
      // tailscale/tailscale#19152, version 1.96.4.
      name: 'tailscale',
      lines: [
        "failed to connect to local tailscaled; it doesn't appear to be running (sudo systemctl start tailscaled ?)",
      ],
      code: 'UNREACHABLE',
      says: /not running/,
      hint: /tailscale up/,
    },
    {
      what: 'another user (tailscale)',
      // kamrul1157024/helios#132; 1.68 offers `tailscale up --operator` (tailscale/tailscale#12733).
      name: 'tailscale',
      lines: [
        'sending serve config: Access denied: serve config denied',
        '',
        "Use 'sudo tailscale funnel http://127.0.0.1:4400'.",
        "To not require root, use 'sudo tailscale set --operator=$USER' once.",
      ],
      code: 'NOT_PERMITTED',
      says: /may not change/,
      hint: /--operator/,
    },
    {
      what: 'text that is not known',
      // Not a real one: the output of a version to come.
      name: 'tailscale',
      lines: ['all is new', 'and different'],
      code: 'UNREACHABLE',
      says: /ended with exit code 1; its last lines:\n {2}all is new\n {2}and different/,
      hint: /^$/,
    },
  ])('is a sentence: $what', async ({ name, lines, code, says, hint }) => {
    const error = await standIn(name, printing(lines, 'exits'))
      .start(start)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect((error as { hint?: string }).hint ?? '').toMatch(hint);
  });

  // ngrok.com/docs/errors/err_ngrok_107; the entry as in inconshreveable/ngrok#66.
  it('is one before the program gives up: ngrok tries again for ever', async () => {
    const script = printing(
      ['{"err":"ERR_NGROK_107","lvl":"eror","msg":"failed to reconnect session"}'],
      'stays',
    );
    await expect(standIn('ngrok', script).start(start)).rejects.toMatchObject({
      code: 'NOT_AUTHENTICATED',
    });
  });

  it('names how to install a program that is missing, by platform', async () => {
    const none = testContext({ env: { PATH: '/nowhere' }, platform: 'darwin' });
    await expect(async () =>
      createNgrokProvider(undefined, none, () => null).start(start),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('brew install ngrok'),
    });
    const wrong = testContext({ env: { RELYABLE_NGROK_PATH: '/nowhere/ngrok' } });
    await expect(async () => createNgrokProvider(undefined, wrong).start(start)).rejects.toThrow(
      'RELYABLE_NGROK_PATH: expected a program, /nowhere/ngrok is not one',
    );
  });
});

describe('the choice of a provider', () => {
  const READY = `process.stdout.write(JSON.stringify({ BackendState: 'Running' }));`;

  /** What `--tunnel` alone takes where these programs are installed, and what it says of it. */
  async function choose(
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly name: string; readonly said: readonly string[] }> {
    const said: string[] = [];
    const { name } = await chooseProvider(
      {
        choice: { kind: 'auto' },
        publicUrl: undefined,
        signal: start.signal,
        onFound: (text) => said.push(text),
      },
      testContext({ env: { PATH: '/nowhere', ...env } }),
    );
    return { name, said };
  }

  function program(variable: string, script: string): Record<string, string> {
    return { [variable]: worldWith(variable, script).env[variable] ?? '' };
  }

  it('takes the first that is ready, and says what was found', async () => {
    // A token in its environment is all that ngrok needs; that of the package would do too.
    expect(await choose({ ...program('RELYABLE_NGROK_PATH', ''), NGROK_AUTHTOKEN: 'x' })).toEqual({
      name: 'ngrok',
      said: ['tunnel: cloudflared is not installed, taking ngrok'],
    });
  });

  it('passes over one that is not logged in', async () => {
    expect(
      await choose({
        ...program('RELYABLE_NGROK_PATH', ''),
        ...program('RELYABLE_TAILSCALE_PATH', READY),
      }),
    ).toEqual({
      name: 'tailscale',
      said: [
        'tunnel: cloudflared is not installed, ngrok is not ready (it has no authtoken), taking tailscale',
      ],
    });
  });

  it('takes the first that is installed where none is ready: its own failure says why', async () => {
    expect(
      await choose({
        ...program('RELYABLE_NGROK_PATH', ''),
        ...program('RELYABLE_TAILSCALE_PATH', `console.log('{"BackendState": "NeedsLogin"}')`),
      }),
    ).toEqual({
      name: 'ngrok',
      said: [
        'tunnel: cloudflared is not installed, ngrok is not ready (it has no authtoken), tailscale is not ready (Tailscale is not logged in on this machine), trying ngrok',
      ],
    });
  });

  it('names the ways there are where none is installed', async () => {
    // The package for Node, which is installed for these tests, comes after the program.
    await expect(choose({ RELYABLE_NGROK_PATH: '/nowhere/ngrok' })).rejects.toThrow(
      '--tunnel: none of cloudflared, ngrok, tailscale is installed',
    );
  });

  it('refuses a public URL for providers that have their own', async () => {
    await expect(
      chooseProvider(
        {
          choice: { kind: 'cloudflared' },
          publicUrl: new URL('https://a.example'),
          signal: start.signal,
          onFound: () => undefined,
        },
        testContext(),
      ),
    ).rejects.toThrow('--public-url does not go with --tunnel cloudflared');
  });
});
