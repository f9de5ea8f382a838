import { join } from 'node:path';
import { ROOT } from './cli.ts';

/** The file of `fixtures/diagnosis/` with this list. */
export function listFile(name: string): string {
  return join(ROOT, `fixtures/diagnosis/${name}.txt`);
}

/** A list as its file has it: a line each. */
export function toList(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Bytes for a line of a list: as JSON text, or in hex where they are not UTF-8. */
export function shownBytes(bytes: Buffer): string {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : `hex ${bytes.toString('hex')}`;
}

/** Passes what has the same name twice, so that what all samples share does not fill the list. */
export function twiceEach(): (item: { readonly name: string }) => boolean {
  const times = new Map<string, number>();
  return ({ name }) => {
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return time <= 2;
  };
}
