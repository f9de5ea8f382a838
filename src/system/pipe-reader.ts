import { fstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { errorCode } from '../errors.ts';

/** How often the reader is looked for, ms. */
const CHECK_MS = 500;

/**
 * Calls `onGone` once the pipe at this process's descriptor no longer has a reader. A write shows it too, but a
 * stream may have nothing to write for hours, and Node cannot poll a pipe for it.
 *
 * It does nothing where the descriptor is not a pipe, where there is no /proc, and where the reader
 * cannot be seen, as from inside a container: then only the next write shows it.
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

/** `hidden`: no reader is found, but there may be one among processes of other users. */
type ReaderState = 'there' | 'gone' | 'hidden';

class PipeReaderWatch {
  private readonly pipe: Stats;
  private readonly pid: number;
  /** The reading end that was found last, as a file of /proc. */
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

  /** Whether this process is a reader; remembers it. */
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

/** The reader of a pipeline is started together with us: its id is near. Empty without /proc. */
function processesNear(pid: number): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Math.abs(Number(a) - pid) - Math.abs(Number(b) - pid));
  } catch {
    return [];
  }
}

/** Whether a descriptor is open for reading: the lowest bits of its flags are not those of O_WRONLY. */
function isRead(pid: string, descriptor: string): boolean {
  try {
    const info = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1');
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '1';
    return (Number.parseInt(flags, 8) & 3) !== 1;
  } catch {
    return false;
  }
}

/** The session of a process: the sixth field of its `stat`; the second may have spaces. */
function sessionOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
  } catch {
    return undefined;
  }
}
