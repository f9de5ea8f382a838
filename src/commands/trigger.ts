import type { Invocation } from '../cli.ts';
import type { TriggerFlags } from '../flags/trigger.ts';

export async function run({ terminal }: Invocation<TriggerFlags>): Promise<number> {
  terminal.info('not yet');
  return 0;
}
