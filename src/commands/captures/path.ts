import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { CapturesFlags } from './options.ts';
import { loadLayers, storeFile } from '../kit/invocation-config.ts';

/** Where captures are kept, whether there are any yet or not. */
export async function run(invocation: Invocation<CapturesFlags>): Promise<number> {
  const { terminal } = invocation;
  const path = storeFile(invocation, await loadLayers(invocation));
  if (terminal.isJson) terminal.json({ type: 'path', v: 1, path });
  else terminal.raw(`${path}\n`);
  return EXIT_SUCCESS;
}
