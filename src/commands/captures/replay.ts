import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { parseSource } from '../../request/files/sources.ts';
import { describeUnstorable } from '../kit/found-capture.ts';
import { InputProblems } from '../kit/input-problems.ts';
import { type InvocationConfig, readConfig } from '../kit/invocation-config.ts';
import { LoggedDeliveries } from '../kit/logged-deliveries.ts';
import { LazyReader, requireCapture } from '../kit/open-captures.ts';
import { replay, type Selected } from '../kit/replay-run.ts';
import { describeSource, readSource } from '../kit/request-inputs.ts';
import { readFilter } from './capture-filter.ts';
import type { CapturesReplayOptions } from './options.ts';

/** Sends captures again; each attempt is stored with its capture, never as a new one. */
export async function run(invocation: Invocation<CapturesReplayOptions>): Promise<number> {
  requireSelection(invocation);
  const config = await readConfig(invocation);
  return replay(invocation, config, {
    select: (storeFile) => selectCaptures(invocation, config, storeFile),
    overrides: invocation.options.set,
    skipsDelivered: false,
    nouns: ['capture', 'captures'],
    none: 'no matching captures',
  });
}

function requireSelection({ args, options }: Invocation<CapturesReplayOptions>): void {
  const { all, failed, invalid, event, since } = options;
  const isFiltered = failed || invalid || event !== undefined || since !== undefined;
  const ways = [args.length > 0, all, isFiltered].filter(Boolean);
  if (ways.length === 1) return;
  throw new RelyableError(
    'USAGE',
    args.length > 0
      ? 'expected capture ids, or --all, --failed, --invalid, --event or --since, got both'
      : all
        ? 'expected --all, or --failed, --invalid, --event or --since, got both'
        : 'expected capture ids, or --all, --failed, --invalid, --event or --since',
    { hint: 'relyable webhooks captures replay last, or --failed --since 2h' },
  );
}

/** The captures that the operands name, in their order, or those that the filter selects, oldest first. */
async function* selectCaptures(
  invocation: Invocation<CapturesReplayOptions>,
  config: InvocationConfig<CapturesReplayOptions>,
  storeFile: string,
): AsyncGenerator<Selected> {
  const { args } = invocation;
  const store = new LazyReader(() => storeFile);
  const problems = new InputProblems();
  const deliveries = new LoggedDeliveries(invocation, config);
  try {
    if (args.length === 0) {
      const reader = await store.open();
      for (const capture of reader.each(readFilter(invocation))) yield { capture };
    }
    for (const source of args.map(parseSource)) {
      if (source.kind === 'capture') {
        yield { capture: requireCapture(await store.open(), source.id) };
        continue;
      }
      for await (const placed of readSource(invocation, source, { problems, deliveries })) {
        const { found } = placed;
        const problem = describeUnstorable(found);
        if (problem !== null) throw notReplayable(describeSource(placed), problem);
        yield { found };
      }
      // Nothing is sent if any input cannot be read.
      problems.throwIfAny('');
    }
  } finally {
    store.close();
  }
}

function notReplayable(place: string, problem: string): RelyableError {
  return new RelyableError('INPUT_UNREADABLE', `${place}: ${problem}`);
}
