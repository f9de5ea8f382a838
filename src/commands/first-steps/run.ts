import type { Invocation } from '../../invocation.ts';
import { findProjectConfig } from '../../config/load.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { firstStepsView } from './view.ts';

/** What `relyable` alone does: it shows the first commands to type. */
export async function run({ context, terminal, globals }: Invocation<unknown>): Promise<number> {
  const { config } = globals;
  const selection = config === undefined ? {} : { config };
  terminal.show(firstStepsView(findProjectConfig(context, selection)));
  return EXIT_SUCCESS;
}
