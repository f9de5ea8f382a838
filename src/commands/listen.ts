import type { Invocation } from '../cli.ts';
import type { ListenFlags } from '../flags/listen.ts';

export async function run({ terminal }: Invocation<ListenFlags>): Promise<number> {
  terminal.info('not yet');
  return 0;
}
