import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import { type DeliverySource, type FileSource, parseSource } from '../../request/files/sources.ts';
import { safeText } from '../../terminal/safe-text.ts';
import { describeUnstorable, toCapture } from '../kit/found-capture.ts';
import { InputProblems } from '../kit/input-problems.ts';
import { announceSecrets, type InvocationConfig, readConfig } from '../kit/invocation-config.ts';
import { LoggedDeliveries } from '../kit/logged-deliveries.ts';
import { describeSource, readSource } from '../kit/request-inputs.ts';
import { ImportBatch } from './import-batch.ts';
import type { CapturesImportOptions } from './options.ts';
import { importedView, importView } from './view.ts';

/**
 * Stores the requests of files and of logged deliveries. Captures of an export keep their ids and are stored
 * once. Inputs that cannot be read are skipped; the command then ends with INPUT_UNREADABLE.
 */
export async function run(invocation: Invocation<CapturesImportOptions>): Promise<number> {
  const { context, terminal, args } = invocation;
  const sources = args.map(parseImported);
  const config = await readConfig(invocation);
  const file = config.storeFile();
  const secrets = config.secrets();
  const problems = new InputProblems();
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(file);
  const places = new Map<string, string>();
  const batch = new ImportBatch(store, (capture) => {
    terminal.show(importedView(capture, places.get(capture.id) ?? ''));
  });
  let isAnnounced = false;
  try {
    for await (const { found, place } of readSources(invocation, config, sources, problems)) {
      if (!isAnnounced) announceSecrets(invocation, secrets);
      isAnnounced = true;
      const capture = toCapture(invocation, found, secrets);
      places.set(capture.id, place);
      if (found.note !== null) terminal.info(`note: ${safeText(`${place}: ${found.note}`)}`);
      if (batch.add(capture)) places.clear();
      await terminal.taken();
      context.interrupt.throwIfAborted();
    }
    batch.flush();
  } finally {
    store.close();
  }
  const { ids, known } = batch;
  if (ids.length + known === 0) {
    problems.throwIfAny('');
    throw new RelyableError('INPUT_UNREADABLE', 'expected at least one request, found none');
  }
  const totals = { imported: ids.length, ids, known, unreadable: problems.count };
  terminal.show(importView(totals, file));
  problems.throwIfAny('the others are imported');
  return EXIT_SUCCESS;
}

/** A request to import and its place in the input, counted from 1. */
interface PlacedFound {
  readonly found: FoundRequest;
  readonly place: string;
}

/** The requests of all sources that can be stored, in their order. */
async function* readSources(
  invocation: Invocation<CapturesImportOptions>,
  config: InvocationConfig<CapturesImportOptions>,
  sources: ReadonlyArray<FileSource | DeliverySource>,
  problems: InputProblems,
): AsyncGenerator<PlacedFound> {
  const { format } = invocation.options;
  const deliveries = new LoggedDeliveries(invocation, config);
  const options = { problems, deliveries, ...(format === undefined ? {} : { format }) };
  for (const source of sources) {
    for await (const placed of readSource(invocation, source, options)) {
      const { found } = placed;
      const place = describeSource(placed);
      const problem = describeUnstorable(found);
      if (problem === null) yield { found, place };
      else problems.add(place, new RelyableError('INPUT_UNREADABLE', `${place}: ${problem}`));
    }
  }
}

function parseImported(operand: string): FileSource | DeliverySource {
  const source = parseSource(operand);
  if (source.kind !== 'capture') return source;
  throw new RelyableError('USAGE', `${source.id} is already in the store`, {
    hint: `write ./${source.id} for a file of that name`,
  });
}
