import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { VERSION } from '../../version.ts';

/** Prints the version of this program. */
export async function run({ terminal }: Invocation<unknown>): Promise<number> {
  terminal.show({
    text: () => VERSION,
    json: () => ({ type: 'version', v: 1, version: VERSION }),
  });
  return EXIT_SUCCESS;
}
