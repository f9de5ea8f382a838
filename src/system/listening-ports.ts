import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The TCP ports on which the processes of a group listen, in ascending order. Reads /proc; empty on systems
 * without it.
 */
export function listeningPorts(group: number): number[] {
  const sockets = new Set(processesOf(group).flatMap(socketsOf));
  if (sockets.size === 0) return [];
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readText).join('\n');
  const ports = tables.split('\n').flatMap((line) => {
    const listening = parseListening(line);
    return listening !== null && sockets.has(listening.inode) ? [listening.port] : [];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The port and inode of a line of `/proc/net/tcp` that is a listening socket; else null. */
export function parseListening(line: string): { port: number; inode: string } | null {
  // sl, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode
  const fields = line.trim().split(/\s+/);
  const [, local = '', , state] = fields;
  const inode = fields[9];
  if (state !== LISTEN || inode === undefined) return null;
  return { port: Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode };
}

const LISTEN = '0A';

function processesOf(group: number): string[] {
  return listOf('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    const stat = readText(`/proc/${pid}/stat`);
    // The second field is the program's name, which may have spaces; the group is the fifth.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2] === String(group);
  });
}

/** The inodes of a process's sockets. */
function socketsOf(pid: string): string[] {
  return listOf(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      return inode === undefined ? [] : [inode];
    } catch {
      return [];
    }
  });
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
