import type { Invocation } from '../cli.ts';
import type { VerifyFlags } from '../flags/verify.ts';

export async function run({ terminal }: Invocation<VerifyFlags>): Promise<number> {
  terminal.info('not yet');
  return 0;
}
