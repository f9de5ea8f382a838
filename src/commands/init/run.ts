import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import type { InitOptions } from './options.ts';
import { makePlan, readExisting } from './plan.ts';
import { type EnvStatus, setUpProject } from './set-up-project.ts';
import { setUpView } from './view.ts';

/** With these the app has no secret yet. */
const WITHOUT_SECRET: ReadonlySet<EnvStatus> = new Set(['empty', 'refused', 'tracked']);

/** Finds out about the project, asks what is left, writes the config and the secret's line. */
export async function run(invocation: Invocation<InitOptions>): Promise<number> {
  const { context, terminal } = invocation;
  const existing = await readExisting(invocation);
  const plan = await makePlan(invocation, existing);
  const outcome = await setUpProject(context, plan, existing);
  terminal.show(setUpView(plan, outcome, existing, context.cwd));
  return WITHOUT_SECRET.has(outcome.env.status) ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}
