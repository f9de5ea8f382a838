import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import { type FileSource, parseSource } from '../../request/files/sources.ts';
import { type Capture, createCaptureId } from '../../request/capture.ts';
import { diagnose } from '../../signature/diagnosis/diagnosis.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { readSource } from '../kit/request-inputs.ts';
import { ImportBatch } from './import-batch.ts';
import type { CapturesImportOptions } from './options.ts';
import { importView } from './view.ts';

/** Stores the requests in files; an export's captures keep their ids and are stored once. */
export async function run(invocation: Invocation<CapturesImportOptions>): Promise<number> {
  const { context, terminal, args } = invocation;
  const sources = args.map(parseFileSource);
  const config = await readConfig(invocation);
  const file = config.storeFile();
  const secrets = config.secrets();
  const candidates = [...secrets.chosen, ...secrets.known];
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(file);
  const batch = new ImportBatch(store);
  let isAnnounced = false;
  try {
    for await (const found of readSources(invocation, sources)) {
      if (!isAnnounced) announceSecrets(invocation, secrets);
      isAnnounced = true;
      batch.add(toCapture(invocation, found, candidates));
      context.interrupt.throwIfAborted();
    }
    batch.flush();
  } finally {
    store.close();
  }
  const totals = batch.totals();
  if (totals.imported + totals.known === 0) {
    throw new RelyableError('INPUT_UNREADABLE', 'expected at least one request, found none');
  }
  terminal.show(importView(totals, file));
  return EXIT_SUCCESS;
}

/** The requests of all sources, in their order. */
async function* readSources(
  invocation: Invocation<CapturesImportOptions>,
  sources: readonly FileSource[],
): AsyncGenerator<FoundRequest> {
  const { format } = invocation.options;
  for (const source of sources) {
    const items = readSource(invocation, source, format === undefined ? {} : { format });
    for await (const { source: name, index, found } of items) {
      requirePath(found, `${name === '-' ? 'stdin' : name}: request ${index + 1}`);
      yield found;
    }
  }
}

function parseFileSource(operand: string): FileSource {
  const source = parseSource(operand);
  if (source.kind !== 'capture') return source;
  throw new RelyableError('USAGE', `${source.id} is already in the store`, {
    hint: `write ./${source.id} for a file of that name`,
  });
}

/** A request without a path cannot be sent again or shown as a URL; a proxy's holds the whole URL. */
function requirePath({ request: { path } }: FoundRequest, place: string): void {
  if (/^(\/|https?:\/\/)/i.test(path)) return;
  throw new RelyableError(
    'INPUT_UNREADABLE',
    `${place}: expected a path that begins with /, got ${JSON.stringify(path)}`,
  );
}

function toCapture(
  { context }: Invocation<unknown>,
  found: FoundRequest,
  secrets: readonly SecretCandidate[],
): Capture {
  const { request, origin } = found;
  const summary = summarisePayload(request);
  const { event } = summary;
  const eventId = eventIdOf(request, summary);
  const receivedAt = found.receivedAt ?? context.now();
  if (origin !== undefined) return { ...request, event, eventId, duplicateOf: null, ...origin };
  const { valid, reason } = diagnose(request, secrets, { effort: 'quick' });
  return {
    ...request,
    id: createCaptureId(receivedAt, context.randomBytes(7)),
    receivedAt,
    event,
    eventId,
    verification: { valid, reason },
    duplicateOf: null,
    answered: null,
    forwards: [],
  };
}
