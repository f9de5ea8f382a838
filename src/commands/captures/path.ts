import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { readConfig } from '../kit/invocation-config.ts';
import type { CapturesPathOptions } from './options.ts';
import { storePathView } from './view.ts';

/** Prints where captures are stored, whether there are any yet or not. */
export async function run(invocation: Invocation<CapturesPathOptions>): Promise<number> {
  const config = await readConfig(invocation);
  invocation.terminal.show(storePathView(config.storeFile()));
  return EXIT_SUCCESS;
}
