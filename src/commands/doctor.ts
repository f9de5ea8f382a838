import type { Invocation } from '../cli.ts';
import type { DoctorFlags } from '../flags/doctor.ts';

export async function run({ terminal }: Invocation<DoctorFlags>): Promise<number> {
  terminal.info('not yet');
  return 0;
}
