import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { LANGUAGES } from './options.ts';
import python from './relyable_webhooks.py?raw';

/** Prints a module with the types of the events and a function that verifies them. */
export async function run({ terminal, args: [name = ''] }: Invocation<unknown>): Promise<number> {
  const language = parseOneOf(LANGUAGES)(name, 'code');
  terminal.show({
    text: () => python.trimEnd(),
    json: () => ({ type: 'code', v: 1, language, file: 'relyable_webhooks.py', code: python }),
  });
  return EXIT_SUCCESS;
}
