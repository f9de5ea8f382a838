import { RelyableError } from '../errors.ts';
import type { SshTarget } from './choice.ts';
import { type LineMeaning, openProgramTunnel } from './open-program.ts';
import type { Program } from './program.ts';
import type { TunnelProvider, TunnelWorld } from './provider.ts';

export const SSH: Program = {
  name: 'ssh',
  pathVariable: 'RELYABLE_SSH_PATH',
  install: {
    darwin: 'it comes with macOS; check PATH',
    win32: 'Settings → System → Optional features → OpenSSH Client',
    other: 'install the package openssh-client',
  },
};

/** OpenSSH options: ask no questions, notice a lost connection within 15 s, and exit if the port is not available. */
const OPTIONS = [
  'BatchMode=yes',
  'ExitOnForwardFailure=yes',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ConnectTimeout=15',
  // A shared connection would outlive this process.
  'ControlMaster=no',
  'ControlPath=none',
];

/**
 * A tunnel with the system's OpenSSH. With a public URL, the SSH server listens on the same port as the listener,
 * and the web server behind that URL must forward requests to this port. Without one, the server is a service
 * that prints an address, like localhost.run.
 */
export function createSshProvider(
  target: SshTarget,
  publicUrl: URL | undefined,
  world: TunnelWorld,
): TunnelProvider {
  const { destination, host, port } = target;
  return {
    name: `ssh:${destination}${port === null ? '' : `:${port}`}`,
    hasNewNames: false,
    clientHeader: 'X-Forwarded-For',
    start: (options) => {
      const { hostname, port: localPort } = options.localUrl;
      const remotePort = publicUrl === undefined ? 80 : Number(localPort);
      const args = [
        ...OPTIONS.flatMap((option) => ['-o', option]),
        ...(port === null ? [] : ['-p', String(port)]),
        '-R',
        `${remotePort}:${hostname}:${localPort}`,
        // With -v, OpenSSH prints when the server listens; otherwise it prints nothing.
        ...(publicUrl === undefined ? ['-T'] : ['-v', '-N']),
        destination,
        ...(host === 'localhost.run' ? ['--', '--output', 'json'] : []),
      ];
      return openProgramTunnel(
        {
          program: SSH,
          args,
          readLine: (line) =>
            publicUrl === undefined
              ? readServiceLine(line, host)
              : readForwardLine(line, publicUrl),
          isNoise: (line) => /^(debug\d|OpenSSH_|Authenticat|Transferred|Bytes per)/.test(line),
          explain: (lines) => explainSsh(lines, target, remotePort, publicUrl !== undefined),
        },
        options,
        world,
      );
    },
  };
}

function readForwardLine(line: string, url: URL): LineMeaning {
  return /remote forward success for: listen/.test(line) ? { url } : null;
}

/** The address in a line of a service: JSON of localhost.run, or the first https URL that is not the service's own site. */
function readServiceLine(line: string, host: string): LineMeaning {
  const address = readAddressField(line);
  const text = address === null ? line : `https://${address}`;
  for (const [url] of text.matchAll(/https:\/\/[a-z\d][a-z\d.-]*[a-z\d](?![\w/.-]*\/\S)/gi)) {
    const name = new URL(url).hostname;
    const isOwnSite = name === host || /^(admin|docs|www|console|dashboard)\./.test(name);
    if (!isOwnSite) return { url: new URL(url) };
  }
  return null;
}

function readAddressField(line: string): string | null {
  try {
    const { address } = JSON.parse(line) as { address?: unknown };
    return typeof address === 'string' && address !== '' ? address : null;
  } catch {
    return null;
  }
}

function explainSsh(
  lines: readonly string[],
  { destination, host, port }: SshTarget,
  remotePort: number,
  hasPublicUrl: boolean,
): RelyableError | null {
  const text = lines.join('\n');
  const dashP = port === null ? '' : `-p ${port} `;
  const unreachable = (message: string, hint: string): RelyableError =>
    new RelyableError('UNREACHABLE', message, { hint });
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(text)) {
    const name = port === null ? host : `'[${host}]:${port}'`;
    return unreachable(
      `the host key of ${host} is not the one that was saved for it`,
      `find out why; if its key was replaced: ssh-keygen -R ${name}, then ssh ${dashP}${destination} once`,
    );
  }
  if (/Host key verification failed/.test(text)) {
    return unreachable(
      `the host key of ${host} is not known yet`,
      `check and accept it: ssh ${dashP}${destination}`,
    );
  }
  if (/Permission denied \(|Too many authentication failures/.test(text)) {
    return new RelyableError(
      'NOT_AUTHENTICATED',
      `${host} did not accept a key of yours, and a tunnel cannot ask for a password`,
      {
        hint: `load your key with ssh-add; this must work: ssh -o BatchMode=yes ${dashP}${destination} true`,
      },
    );
  }
  if (/remote port forwarding failed for listen port/.test(text)) {
    return unreachable(
      `${host} does not let this login listen on its port ${remotePort}: it is taken or not permitted`,
      hasPublicUrl
        ? 'choose another with --port; the tunnel takes the same port on both sides'
        : 'for a server of your own, name the address that leads to it with --public-url',
    );
  }
  const [, why] =
    /(Could not resolve hostname|Connection refused|Connection timed out|Operation timed out|No route to host|Network is unreachable)/i.exec(
      text,
    ) ?? [];
  if (why !== undefined) {
    return unreachable(
      `the SSH server ${host} cannot be reached: ${why.toLowerCase()}`,
      'check the name, the port and the network',
    );
  }
  if (
    /Timeout, server|closed by remote host|send disconnect|Connection reset|Broken pipe/.test(text)
  ) {
    return unreachable(`the connection to ${host} was lost`, 'check the network');
  }
  if (hasPublicUrl) return null;
  return /remote forward success|^$/.test(text)
    ? unreachable(
        `${host} printed no public address`,
        'for a server of your own, name the address that leads to it with --public-url',
      )
    : null;
}
