import { readFileSync } from 'node:fs';

/**
 * Whether this process may use its terminal. The system stops a background job (`… &`) when it reads a key or
 * changes the terminal mode. True if this cannot be found out.
 */
export function isForegroundJob(platform: NodeJS.Platform, pid: number): boolean {
  if (platform === 'win32') return true;
  try {
    if (platform === 'linux') return isForegroundStat(readFileSync('/proc/self/stat', 'latin1'));
    // Loaded here: most commands start no process.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'latin1' });
    return state.includes('+');
  } catch {
    return true;
  }
}

/**
 * Whether `/proc/<pid>/stat` shows a foreground process: its process group is that of the terminal, or there
 * is no terminal (-1). The second field is the program's name, which may contain spaces and parentheses.
 */
export function isForegroundStat(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [group, terminalGroup] = [fields[2], fields[5]];
  return terminalGroup === '-1' || group === terminalGroup;
}
