import { fstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { errorCode } from '../errors.ts';

/** The interval at which the reader is searched for, ms. */
const CHECK_MS = 500;

/**
 * Calls `onGone` once the pipe at this process's descriptor has no reader left. A write would fail then, too,
 * but there may be nothing to write for hours, and Node cannot poll a pipe for its reader.
 *
 * Does nothing if the descriptor is not a pipe, if there is no /proc, or if the reader is not visible, e.g.
 * from inside a container. Then only the next write fails.
 */
export function watchPipeReader(descriptor: number, pid: number, onGone: () => void): void {
  const pipe = fstatSync(descriptor);
  if (!pipe.isFIFO()) return;
  const watch = new PipeReaderWatch(pipe, pid);
  if (watch.check() !== 'there') return;
  const timer = setInterval(() => {
    const state = watch.check();
    if (state === 'there') return;
    clearInterval(timer);
    if (state === 'gone') onGone();
  }, CHECK_MS).unref();
}

/** `hidden`: no reader was found, but there may be one among the processes of other users. */
type ReaderState = 'there' | 'gone' | 'hidden';

class PipeReaderWatch {
  private readonly pipe: Stats;
  private readonly pid: number;
  /** The path in /proc of the reading end that was found last. */
  private reader: string | undefined;

  constructor(pipe: Stats, pid: number) {
    this.pipe = pipe;
    this.pid = pid;
  }

  check(): ReaderState {
    if (this.reader !== undefined && this.isPipe(this.reader)) return 'there';
    const session = sessionOf('self');
    let isHidden = session === undefined;
    for (const pid of processesNear(this.pid)) {
      const state = this.findReader(pid);
      if (state === 'there') return state;
      if (state === 'hidden') isHidden ||= sessionOf(pid) === session;
    }
    return isHidden ? 'hidden' : 'gone';
  }

  /** Whether this process is a reader of the pipe. Remembers the path of its descriptor. */
  private findReader(pid: string): ReaderState {
    const folder = `/proc/${pid}/fd`;
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? 'gone' : 'hidden';
    }
    const name = names.find((it) => this.isPipe(`${folder}/${it}`) && isRead(pid, it));
    if (name === undefined) return 'gone';
    this.reader = `${folder}/${name}`;
    return 'there';
  }

  private isPipe(file: string): boolean {
    try {
      const { dev, ino } = statSync(file);
      return dev === this.pipe.dev && ino === this.pipe.ino;
    } catch {
      return false;
    }
  }
}

/** Processes, ordered by the distance of their ids: the reader is started together with us. Empty without /proc. */
function processesNear(pid: number): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Math.abs(Number(a) - pid) - Math.abs(Number(b) - pid));
  } catch {
    return [];
  }
}

/** Whether a descriptor is open for reading, i.e. not with O_WRONLY. */
function isRead(pid: string, descriptor: string): boolean {
  try {
    const info = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1');
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '1';
    return (Number.parseInt(flags, 8) & 3) !== 1;
  } catch {
    return false;
  }
}

/** The session of a process: the sixth field of its `stat`. The second field may contain spaces. */
function sessionOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
  } catch {
    return undefined;
  }
}
