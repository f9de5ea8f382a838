import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import { type FileSource, parseSource } from '../../request/files/sources.ts';
import { type Capture, createCaptureId } from '../../request/capture.ts';
import { diagnose } from '../../signature/diagnosis/diagnosis.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import type { Secrets } from '../../config/secrets.ts';
import type { WebhookRequest } from '../../request/request.ts';
import { REDACTED_SECRET } from '../../request/export/test-file.ts';
import { safeText } from '../../terminal/safe-text.ts';
import { InputProblems } from '../kit/input-problems.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { describeSource, readSource } from '../kit/request-inputs.ts';
import { ImportBatch } from './import-batch.ts';
import type { CapturesImportOptions } from './options.ts';
import { importedView, importView } from './view.ts';

/**
 * Stores the requests in files; an export's captures keep their ids and are stored once. What cannot
 * be read costs none of the others; the command then ends with INPUT_UNREADABLE.
 */
export async function run(invocation: Invocation<CapturesImportOptions>): Promise<number> {
  const { context, terminal, args } = invocation;
  const sources = args.map(parseFileSource);
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
    for await (const { found, place } of readSources(invocation, sources, problems)) {
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

/** A request to import and where it stood, as people count. */
interface PlacedFound {
  readonly found: FoundRequest;
  readonly place: string;
}

/** The requests of all sources that can be stored, in their order. */
async function* readSources(
  invocation: Invocation<CapturesImportOptions>,
  sources: readonly FileSource[],
  problems: InputProblems,
): AsyncGenerator<PlacedFound> {
  const { format } = invocation.options;
  const options = { problems, ...(format === undefined ? {} : { format }) };
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

/** Why a request is not imported; null where it is. */
function describeUnstorable({ request: { path }, bodyMissing }: FoundRequest): string | null {
  if (bodyMissing !== undefined) return `${bodyMissing}, so there is nothing to send again`;
  // A request without a path cannot be sent again or shown as a URL; a proxy's holds the whole URL.
  if (/^(\/|https?:\/\/)/i.test(path)) return null;
  return `expected a path that begins with /, got ${JSON.stringify(path)}`;
}

function parseFileSource(operand: string): FileSource {
  const source = parseSource(operand);
  if (source.kind !== 'capture') return source;
  throw new RelyableError('USAGE', `${source.id} is already in the store`, {
    hint: `write ./${source.id} for a file of that name`,
  });
}

/**
 * A found request as a capture with the recorder's time. Its verdict is made here, whatever the file
 * says: a file may have been written by anyone.
 */
function toCapture(
  { context }: Invocation<unknown>,
  found: FoundRequest,
  secrets: Secrets,
): Capture {
  const { request, origin } = found;
  const summary = summarisePayload(request);
  const { event } = summary;
  const eventId = eventIdOf(request, summary);
  const receivedAt = found.receivedAt ?? context.now();
  return {
    ...request,
    id: createCaptureId(receivedAt, context.randomBytes(7)),
    receivedAt,
    event,
    eventId,
    duplicateOf: null,
    answered: null,
    forwards: [],
    ...origin,
    importedAt: context.now(),
    verification: verifyHere(request, secrets),
  };
}

/** The verdict with the secrets at hand. The development secret alone cannot tell about other senders. */
function verifyHere(request: WebhookRequest, secrets: Secrets): Capture['verification'] {
  const candidates = [...secrets.chosen, ...secrets.known, REDACTED_SECRET];
  const { valid, reason } = diagnose(request, candidates, { effort: 'quick' });
  const isUnknown = secrets.note !== null && reason === 'secret_wrong_or_body_changed';
  return isUnknown ? { valid: false, reason: 'not_verified' } : { valid, reason };
}
