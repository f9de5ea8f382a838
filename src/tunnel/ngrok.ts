import { RelyableError } from '../errors.ts';
import { type LineMeaning, openProgramTunnel } from './open-program.ts';
import { loadNgrokPackage, type NgrokPackage, openPackageTunnel } from './ngrok-package.ts';
import { findProgram, type Program } from './program.ts';
import type { OpenTunnel, TunnelProvider, TunnelStart, TunnelWorld } from './provider.ts';

export const NGROK: Program = {
  name: 'ngrok',
  pathVariable: 'RELYABLE_NGROK_PATH',
  install: {
    darwin: 'brew install ngrok',
    win32: 'winget install ngrok.ngrok',
    other:
      'install it from https://ngrok.com/download, or npm install @ngrok/ngrok beside relyable',
  },
};

/**
 * A tunnel of ngrok, opened with its program, or with the package `@ngrok/ngrok` if the program is not
 * installed. With a public URL, the tunnel uses this reserved address.
 */
export function createNgrokProvider(
  publicUrl: URL | undefined,
  world: TunnelWorld,
  loadPackage: () => NgrokPackage | null = loadNgrokPackage,
): TunnelProvider {
  return {
    name: 'ngrok',
    hasNewNames: false,
    clientHeader: 'X-Forwarded-For',
    start: (options) => {
      const ngrok = hasProgram(world) ? null : loadPackage();
      return ngrok === null
        ? startProgram(options, publicUrl, world)
        : openPackageTunnel({ ngrok, publicUrl, explain: explainNgrok }, options, world);
    },
  };
}

/** Whether to use the program: it is installed, or its environment variable is set. */
export function hasProgram(world: Pick<TunnelWorld, 'env' | 'cwd' | 'platform'>): boolean {
  return Boolean(world.env[NGROK.pathVariable]) || findProgram(NGROK, world) !== undefined;
}

function startProgram(
  options: TunnelStart,
  publicUrl: URL | undefined,
  world: TunnelWorld,
): Promise<OpenTunnel> {
  const args = ['http', options.localUrl.origin, '--log', 'stdout', '--log-format', 'json'];
  if (publicUrl !== undefined) args.push('--url', publicUrl.origin);
  return openProgramTunnel(
    {
      program: NGROK,
      args,
      readLine: readNgrokLine,
      explain: (lines) => explainNgrok(lines.join('\n')),
    },
    options,
    world,
  );
}

function readNgrokLine(line: string): LineMeaning {
  const entry = parseEntry(line);
  if (entry === null) return null;
  const { url, msg, lvl, err } = entry;
  if (msg === 'started tunnel' && url !== undefined && URL.canParse(url)) {
    return { url: new URL(url) };
  }
  // ngrok itself would retry without a limit.
  const problem = lvl === 'eror' && err !== undefined ? explainNgrok(err) : null;
  return problem === null ? null : { problem };
}

/** The text fields of a line of ngrok's JSON log; null for any other line. */
function parseEntry(line: string): Readonly<Record<string, string | undefined>> | null {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return null;
    return Object.fromEntries(
      Object.entries(entry).filter(([, value]) => typeof value === 'string'),
    );
  } catch {
    return null;
  }
}

/** ngrok's error codes (ngrok.com/docs/errors), each with its next step. */
const ERRORS: ReadonlyArray<{
  readonly codes: RegExp;
  readonly message: string;
  readonly hint: string;
  readonly isLogin?: true;
}> = [
  {
    codes: /ERR_NGROK_(4018|105|106|107|109|110|111)\b/,
    message: 'ngrok is not logged in: it has no authtoken, or one that is not valid',
    hint: 'ngrok config add-authtoken <token>, with the token of https://dashboard.ngrok.com, or set NGROK_AUTHTOKEN',
    isLogin: true,
  },
  {
    codes: /ERR_NGROK_108\b/,
    message: 'the ngrok account has as many agents online as it may',
    hint: 'stop the other ngrok (https://dashboard.ngrok.com/agents lists them)',
  },
  {
    codes: /ERR_NGROK_334\b/,
    message: 'the ngrok address is online already, in another agent',
    hint: 'stop that one (https://dashboard.ngrok.com/endpoints lists them)',
  },
  {
    codes: /ERR_NGROK_(120|121)\b/,
    message: 'this version of ngrok is too old for the account',
    hint: 'ngrok update',
  },
  {
    codes: /ERR_NGROK_(313|314|319|320)\b/,
    message: 'the ngrok account may not use this address',
    hint: 'name one that https://dashboard.ngrok.com/domains lists, or leave out --public-url',
  },
  {
    codes: /ERR_NGROK_9040\b/,
    message: 'ngrok refuses connections from this network',
    hint: 'take another network, or another provider with --tunnel',
  },
];

/** The failure that a text of ngrok describes; null if it is not known. */
export function explainNgrok(text: string): RelyableError | null {
  const known = ERRORS.find(({ codes }) => codes.test(text));
  if (known !== undefined) {
    const { message, hint, isLogin } = known;
    const [code] = known.codes.exec(text) ?? [''];
    return new RelyableError(
      isLogin === true ? 'NOT_AUTHENTICATED' : 'UNREACHABLE',
      `${message} (${code})`,
      { hint },
    );
  }
  if (
    /no such host|dial tcp|i\/o timeout|failed to fetch CRL|failed to dial ngrok server|failed to establish tcp/i.test(
      text,
    )
  ) {
    return new RelyableError('UNREACHABLE', 'ngrok cannot reach its servers', {
      hint: 'check the network; behind a proxy, ngrok needs it in its own configuration',
    });
  }
  if (/unknown flag/.test(text)) {
    return new RelyableError('UNREACHABLE', 'this version of ngrok is too old', {
      hint: 'ngrok update',
    });
  }
  const [code] = /ERR_NGROK_\d+/.exec(text) ?? [];
  return code === undefined
    ? null
    : new RelyableError('UNREACHABLE', `ngrok refuses the tunnel (${code})`, {
        hint: `https://ngrok.com/docs/errors/${code.toLowerCase()} says why`,
      });
}
