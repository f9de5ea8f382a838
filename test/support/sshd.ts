import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './cli.ts';
import { reservePort } from './reserve-port.ts';
import { hasStack } from './stacks.ts';

const SSHD = '/usr/sbin/sshd';

/** Whether this machine can run an SSH server: needs root for its separation of privileges. */
export const hasSshd =
  (existsSync(SSHD) && process.getuid?.() === 0) || (!existsSync(SSHD) && hasStack(SSHD, ['-V']));

export interface TestSshd {
  readonly port: number;
  /** `ssh:user@host:port` for `--tunnel`. */
  readonly tunnel: string;
  /** A program for RELYABLE_SSH_PATH: OpenSSH with a key and known hosts of its own. */
  readonly ssh: string;
  start(): Promise<void>;
  /** Kills the server and every session. */
  kill(): Promise<void>;
  /** Ends every session; the server goes on. */
  dropSessions(): void;
  /** Gives the server another host key than the one that is known. */
  replaceHostKey(): void;
  forgetHostKey(): void;
  /** The client's key is no longer accepted. */
  revokeKey(): void;
}

/** A real OpenSSH server on loopback, started; killed when the test ends. */
export async function startSshd(): Promise<TestSshd> {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  const port = await reservePort();
  for (const name of ['host', 'other_host', 'client']) makeKey(file(name));
  copyFileSync(file('client.pub'), file('authorized'));
  writeFileSync(file('known'), knownHost(port, file('host.pub')));
  writeFileSync(
    file('ssh_config'),
    `Host *\n  UserKnownHostsFile ${file('known')}\n  GlobalKnownHostsFile /dev/null\n  IdentityFile ${file('client')}\n  IdentitiesOnly yes\n`,
  );
  const ssh = file('ssh');
  writeFileSync(ssh, `#!/bin/sh\nexec ssh -F '${file('ssh_config')}' "$@"\n`);
  chmodSync(ssh, 0o755);
  mkdirSync('/run/sshd', { recursive: true });
  let hostKey = file('host');
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    writeFileSync(
      file('sshd_config'),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${file('authorized')}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'KbdInteractiveAuthentication no',
      ].join('\n'),
    );
    const child = spawn(SSHD, ['-D', '-e', '-f', file('sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    server = child;
    for await (const chunk of child.stderr) if (/listening on/i.test(String(chunk))) break;
  };
  const dropSessions = (): void => {
    for (const pid of descendants(server?.pid ?? 0)) signal(pid);
  };
  const kill = async (): Promise<void> => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    // Its sessions have groups of their own.
    dropSessions();
    signal(server.pid);
    await ended;
  };
  onTestFinished(kill);
  await start();
  return {
    port,
    ssh,
    tunnel: `ssh:${userInfo().username}@127.0.0.1:${port}`,
    start,
    kill,
    dropSessions,
    replaceHostKey: () => (hostKey = file('other_host')),
    forgetHostKey: () => writeFileSync(file('known'), ''),
    revokeKey: () => writeFileSync(file('authorized'), ''),
  };
}

function makeKey(file: string): void {
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

function knownHost(port: number, publicKey: string): string {
  const key = spawnSync('cat', [publicKey]).stdout.toString();
  return `[127.0.0.1]:${port} ${key}`;
}

/** The processes that descend from one. */
export function descendants(pid: number): number[] {
  const listed = spawnSync('ps', ['-e', '-o', 'pid=,ppid=']).stdout.toString();
  const pairs = listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const children = pairs.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0);
  return children.flatMap((child) => descendants(child).concat(child));
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
