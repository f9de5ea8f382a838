import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BIN, temporaryFolder } from './cli.ts';

/** A PATH on which `relyable` is the built program. */
export function pathWithRelyable(): string {
  const folder = temporaryFolder();
  const script = `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`;
  writeFileSync(join(folder, 'relyable'), script, { mode: 0o755 });
  return `${folder}${delimiter}${process.env['PATH'] ?? ''}`;
}
