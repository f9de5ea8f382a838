import type { Invocation } from '../cli.ts';
import { EXIT_YES } from '../errors.ts';
import type { CapturesFlags } from '../flags/captures.ts';
import { loadLayers } from './setup.ts';
import { storeFile } from './stored.ts';

/** Where captures are kept, whether there are any yet or not. */
export async function run(invocation: Invocation<CapturesFlags>): Promise<number> {
  const { terminal } = invocation;
  const path = storeFile(invocation, await loadLayers(invocation));
  if (terminal.isJson) terminal.json({ type: 'path', v: 1, path });
  else terminal.raw(`${path}\n`);
  return EXIT_YES;
}
