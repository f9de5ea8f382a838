import type { Invocation } from '../../invocation.ts';
import { parseOneOf } from '../../config/values.ts';
import { resolveSecrets } from '../../config/secrets.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { CapturesImportFlags } from './options.ts';
import { formatCount } from '../../terminal/format.ts';
import { type FoundRequest, INPUT_FORMATS } from '../../request/files/input.ts';
import { type FileSource, parseSource } from '../../request/files/sources.ts';
import { type Capture, createCaptureId } from '../../request/capture.ts';
import { diagnose } from '../../signature/diagnosis/diagnosis.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import { announceSecrets, loadLayers, storeFile } from '../kit/invocation-config.ts';
import { readSource } from '../kit/request-inputs.ts';

/** So many bodies' bytes are kept with one commit. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** Keeps what files hold; an export's captures keep their ids, and those already there stay. */
export async function run(invocation: Invocation<CapturesImportFlags>): Promise<number> {
  const { context, terminal, flags, args } = invocation;
  const format =
    flags.format === undefined ? undefined : parseOneOf(INPUT_FORMATS)(flags.format, '--format');
  const sources = args.map(parseFileSource);
  const layers = await loadLayers(invocation);
  const file = storeFile(invocation, layers);
  const secrets = resolveSecrets(context, layers, flags);
  const candidates = [...secrets.chosen, ...secrets.known];
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(file);
  const totals = { imported: 0, known: 0 };
  let batch: Capture[] = [];
  let batchBytes = 0;
  let isAnnounced = false;
  const keep = (): void => {
    const imported = store.import(batch);
    totals.imported += imported;
    totals.known += batch.length - imported;
    batch = [];
    batchBytes = 0;
  };
  try {
    for (const source of sources) {
      const items = readSource(invocation, source, format === undefined ? {} : { format });
      for await (const { source: name, index, found } of items) {
        requirePath(found, `${name === '-' ? 'stdin' : name}: request ${index + 1}`);
        if (!isAnnounced) announceSecrets(invocation, secrets);
        isAnnounced = true;
        const capture = toCapture(invocation, found, candidates);
        batch.push(capture);
        batchBytes += capture.body.length;
        if (batchBytes > BATCH_BYTES || batch.length >= 1000) keep();
        context.interrupt.throwIfAborted();
      }
    }
    keep();
  } finally {
    store.close();
  }
  if (totals.imported + totals.known === 0) {
    throw new RelyableError('INPUT_UNREADABLE', 'expected at least one request, found none');
  }
  if (terminal.isJson) terminal.json({ type: 'import', v: 1, ...totals, store: file });
  else {
    const known = totals.known === 0 ? '' : `, ${totals.known} were there already`;
    terminal.data(`imported ${formatCount(totals.imported, 'capture')}${known}`);
  }
  return EXIT_SUCCESS;
}

function parseFileSource(operand: string): FileSource {
  const source = parseSource(operand);
  if (source.kind !== 'capture') return source;
  throw new RelyableError('USAGE', `${source.id} is a capture of the store already`, {
    hint: `a file of that name is reached as ./${source.id}`,
  });
}

/** What was sent to no path could not be sent again, nor shown as a URL. A proxy's has the whole URL. */
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
