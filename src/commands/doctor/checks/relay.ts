import { RelyableError } from '../../../errors.ts';
import type { Engine } from '../../../relay/engine.ts';
import { decodeEnvelope, EnvelopeProblem } from '../../../relay/envelope.ts';
import { unseal } from '../../../relay/sealing.ts';
import { examineStream, findStream, fullnessOf, openManager } from '../../../relay/stream.ts';
import { StreamReader } from '../../../relay/stream-reader.ts';
import { streamOf } from '../../../relay/subjects.ts';
import { formatCount, formatDuration, formatNumber, formatSize } from '../../../terminal/format.ts';
import {
  type Check,
  failure,
  failureOf,
  type Found,
  info,
  ok,
  type RelaySubject,
  type Subject,
  warning,
} from '../finding.ts';
import { judgeClock } from './clock.ts';

type StreamInfo = NonNullable<Awaited<ReturnType<typeof findStream>>>;

/** Whether a listener could read what a team's relay published; nothing where no setting names the server. */
export const checkRelay: Check = async (subject, signal) => {
  const { relay } = subject;
  if (relay === null) return [];
  let engine: Engine;
  try {
    engine = await relay.connect();
  } catch (error) {
    if (error instanceof RelyableError) return [failureOf(error)];
    throw error;
  }
  const close = (): void => void engine.close();
  signal.addEventListener('abort', close, { once: true });
  const found: Found[] = [];
  try {
    // The server reports a refusal before it answers this, and may not answer a refused request at all.
    const examined = examineEngine(subject, relay, engine, found).then(() =>
      engine.connection.flush(),
    );
    await Promise.race([examined, whenDenied(engine, found)]);
    return found;
  } finally {
    signal.removeEventListener('abort', close);
    await engine.close();
  }
};

/** Resolves when the server refuses a subject; the refusal is then among the findings. */
function whenDenied(engine: Engine, found: Found[]): Promise<void> {
  return new Promise((resolve) => {
    engine.onEvent((event) => {
      if (event.type !== 'denied') return;
      found.push(failure(event.reason, RIGHTS));
      resolve();
    });
  });
}

const RIGHTS = 'docs/relay.md lists the rights of a listener; deploy/nats.conf grants them';

/** Adds each finding to `found` as soon as it is made. */
async function examineEngine(
  subject: Subject,
  relay: RelaySubject,
  engine: Engine,
  found: Found[],
): Promise<void> {
  const { context } = subject;
  const version = engine.connection.info?.version ?? 'of unknown version';
  const sentAt = context.elapsed();
  // The client's own `rtt` knows whole milliseconds.
  await engine.connection.flush();
  const roundTrip = formatDuration(context.elapsed() - sentAt);
  const server = engine.connection.getServer();
  found.push(ok(`${server} answers in ${roundTrip} (nats-server ${version})`));
  const askedAt = context.now();
  try {
    const stream = await findStream(await openManager(engine), relay.team);
    if (stream === null) {
      const fix = 'relyable webhooks relay init creates it; --team names another one';
      found.push(failure(`there is no stream ${streamOf(relay.team)}`, fix));
      return;
    }
    const clock = judgeClock((askedAt + context.now()) / 2, timeOf(stream), 'the NATS server');
    found.push(...judgeStream(stream, relay, engine), { check: 'clock', ...clock });
    await judgeReading(subject, relay, engine, stream, found);
  } catch (error) {
    if (!(error instanceof RelyableError)) throw error;
    // The server's refusal is an event of the connection as well.
    if (error.code !== 'NOT_PERMITTED') found.push(failureOf(error));
  }
}

/** The server's time from its answer; servers before 2.10 do not send it. */
function timeOf(stream: StreamInfo): string | null {
  const { ts } = stream as { readonly ts?: unknown };
  return typeof ts === 'string' ? ts : null;
}

/** What breaks the relay's promises; `relay init` also shows the stream's limitations. */
function judgeStream(stream: StreamInfo, { team }: RelaySubject, { connection }: Engine): Found[] {
  const { config, state } = stream;
  const { version = '', max_payload: maxPayload = 0 } = connection.info ?? {};
  const wrong = examineStream(config, team, { version, maxPayload, syncsAlways: null }, 0)
    .filter(({ level }) => level === 'wrong')
    .map(({ text }) => warning(`${config.name}: ${text}`, UPDATE));
  const full = fullnessOf(stream);
  const messages = formatCount(state.messages, 'message');
  return [
    full === null
      ? ok(`${config.name} stores ${messages} (${formatSize(state.bytes)})`)
      : failure(`${full}: the relay answers 503`, RAISE),
    ...wrong,
  ];
}

const UPDATE = 'relyable webhooks relay init --update changes what can be changed';
const RAISE = 'relyable webhooks relay init --update with a larger --max-bytes';

/** Reads the newest message as a listener does, and says how many wait for this one. */
async function judgeReading(
  subject: Subject,
  relay: RelaySubject,
  engine: Engine,
  stream: StreamInfo,
  found: Found[],
): Promise<void> {
  const { randomBytes } = subject.context;
  const options = { stream: stream.config.name, reader: relay.reader, subjects: [] };
  const reader = new StreamReader(engine, options, randomBytes);
  try {
    if (stream.state.messages > 0) found.push(...(await judgeNewest(reader, relay, stream)));
    found.push(await judgeLag(reader, subject, relay, stream));
  } finally {
    await reader.stop();
  }
}

/** A warning if the newest message is not a request; nothing otherwise. */
async function judgeNewest(
  reader: StreamReader,
  { openKeys }: RelaySubject,
  { state }: StreamInfo,
): Promise<Found[]> {
  const newest = await reader.peek(state.last_seq);
  if (newest === null) return [];
  try {
    decodeEnvelope(unseal(newest.data, openKeys()));
    return [];
  } catch (error) {
    if (!(error instanceof EnvelopeProblem)) throw error;
    const message = `message ${newest.seq} is not a request: ${error.message}`;
    return [warning(message, 'a listener skips it; only a relay should be able to publish')];
  }
}

async function judgeLag(
  reader: StreamReader,
  { store }: Subject,
  relay: RelaySubject,
  { created, config, state }: StreamInfo,
): Promise<Found> {
  const { readReaderState } = await import('../../../store/positions.ts');
  const key = { reader: relay.reader, stream: config.name, created };
  const position = readReaderState(store.value, key).seq;
  const { waiting } = await reader.open({ after: position ?? state.last_seq });
  return judgePosition(relay.reader, position, waiting, state.first_seq);
}

/** How far a listener has read. `waiting` counts the messages after its position. */
export function judgePosition(
  name: string,
  position: number | null,
  waiting: number,
  firstSeq: number,
): Found {
  if (position === null) {
    return info(
      `${name} has not read it with this store`,
      'relyable webhooks listen --from …, with --since all for what is stored already',
    );
  }
  const removed = firstSeq - position - 1;
  if (removed > 0) {
    return warning(
      `${formatCount(removed, 'message')} were removed before ${name} read them, ${formatNumber(waiting)} wait`,
      'start the listener more often, or relay init --update with a larger --max-age and --max-bytes',
    );
  }
  if (waiting === 0) return ok(`${name} has read all of it`);
  const count = formatCount(waiting, 'event waits', 'events wait');
  return info(`${count} for ${name}, after message ${position}`, null);
}
