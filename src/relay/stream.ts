import { isDeepStrictEqual } from 'node:util';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { RelyableError } from '../errors.ts';
import type { Engine } from './engine.ts';
import {
  describeEngineError,
  isEngineError,
  jetStreamCode,
  STREAM_NOT_FOUND,
} from './engine-errors.ts';
import { streamOf, subjectsOf } from './subjects.ts';

/** The wanted settings of a stream. An undefined setting is kept; in a new stream, it gets its default. */
export interface WantedStream {
  readonly team: string;
  /** 0 for ever. */
  readonly maxAgeMs?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly replicas?: number | undefined;
}

/** 14 days, 1 GB, one server. */
const NEW_STREAM = { max_age: 1_209_600e9, max_bytes: 1024 ** 3, num_replicas: 1 };

/** The time in which the stream recognises repeats, ms. It covers the first two retries; a later one is stored again, and readers mark it as a repeat. */
const DUPLICATE_WINDOW_MS = 10 * 60 * 1000;
const NANOS = 1_000_000;

/** The parts of a stream's configuration that the relay decides. */
export type RelayStreamConfig = Pick<
  StreamConfig,
  | 'subjects'
  | 'storage'
  | 'retention'
  | 'discard'
  | 'max_age'
  | 'max_bytes'
  | 'num_replicas'
  | 'duplicate_window'
>;

/** The configuration of a new stream, or the updated configuration of the stream `found`. */
export function streamConfig(
  { team, maxAgeMs, maxBytes, replicas }: WantedStream,
  found: RelayStreamConfig | null = null,
): RelayStreamConfig {
  const before = found ?? NEW_STREAM;
  const maxAge = maxAgeMs === undefined ? before.max_age : maxAgeMs * NANOS;
  const window = Math.max(DUPLICATE_WINDOW_MS * NANOS, found?.duplicate_window ?? 0);
  const subjects = subjectsOf(team);
  return {
    subjects: found?.subjects.includes(subjects) === true ? found.subjects : [subjects],
    // These two cannot be changed.
    storage: found?.storage ?? 'file',
    retention: found?.retention ?? 'limits',
    // A full stream refuses new messages, which Relyable retries. Otherwise it would drop old messages.
    discard: 'new',
    max_age: maxAge,
    max_bytes: maxBytes ?? before.max_bytes,
    num_replicas: replicas ?? before.num_replicas,
    duplicate_window: maxAge === 0 ? window : Math.min(window, maxAge),
  };
}

/** A setting of a stream that `relay init --update` changes. */
export interface StreamChange {
  readonly setting: keyof RelayStreamConfig;
  readonly from: string | number | readonly string[];
  readonly to: string | number | readonly string[];
}

/** The settings that an update of a stream would change. */
export function changesOf(wanted: WantedStream, found: RelayStreamConfig): StreamChange[] {
  const config = streamConfig(wanted, found);
  return (Object.keys(config) as Array<keyof RelayStreamConfig>)
    .map((setting) => ({ setting, from: found[setting], to: config[setting] }))
    .filter(({ from, to }) => !isDeepStrictEqual(from, to));
}

/** Creates the manager of streams and consumers. This sends no request to the server. */
export function openManager(engine: Engine): Promise<JetStreamManager> {
  return engine.library.jetstream.jetstreamManager(engine.connection, { checkAPI: false });
}

/** A team's stream; null if it does not exist. Rejects with any other error. */
export async function findStream(
  manager: JetStreamManager,
  team: string,
): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(streamOf(team));
  } catch (error) {
    if (jetStreamCode(error) === STREAM_NOT_FOUND) return null;
    throw toStreamError(error, streamOf(team));
  }
}

/** Creates a team's stream. */
export async function createStream(
  manager: JetStreamManager,
  wanted: WantedStream,
): Promise<StreamInfo> {
  const name = streamOf(wanted.team);
  try {
    return await manager.streams.add({ name, ...streamConfig(wanted) });
  } catch (error) {
    throw toStreamError(error, name);
  }
}

/** Updates a team's stream to the wanted settings. */
export async function updateStream(
  manager: JetStreamManager,
  wanted: WantedStream,
  found: RelayStreamConfig,
): Promise<StreamInfo> {
  const name = streamOf(wanted.team);
  try {
    return await manager.streams.update(name, streamConfig(wanted, found));
  } catch (error) {
    throw toStreamError(error, name);
  }
}

/** Describes a full stream, which refuses new messages; null if the stream has room. */
export function fullnessOf({ config, state }: StreamInfo): string | null {
  const isLimited = config.max_bytes > 0 && config.discard === 'new';
  return isLimited && state.bytes >= config.max_bytes
    ? `the stream ${config.name} is full (${state.bytes} of ${config.max_bytes} bytes)`
    : null;
}

/** Converts an error to NOT_PERMITTED if permissions are missing, or else to UNREACHABLE with the server's words. */
export function toStreamError(error: unknown, stream: string): RelyableError {
  if (error instanceof RelyableError) return error;
  const options = { cause: error };
  if (isEngineError(error, 'PermissionViolationError')) {
    const message = `${stream}: ${describeEngineError(error)}`;
    return new RelyableError('NOT_PERMITTED', message, {
      ...options,
      hint: 'docs/relay.md lists the rights that a relay and a listener need',
    });
  }
  // The client's error for a request without a responder.
  if (isEngineError(error, 'JetStreamNotEnabled')) {
    return new RelyableError('UNREACHABLE', 'the NATS server answers no JetStream request', {
      ...options,
      hint: 'its configuration needs a jetstream block; a cluster needs most of its servers',
    });
  }
  return new RelyableError('UNREACHABLE', `${stream}: ${describeEngineError(error)}`, options);
}

/** One result of examining a stream or its server. */
export interface StreamFinding {
  /** `wrong`: requests can be lost. `short`: requests can be lost under certain conditions. */
  readonly level: 'ok' | 'unknown' | 'short' | 'wrong';
  readonly text: string;
}

/** The properties of a server that matter to the relay. */
export interface ServerFacts {
  readonly version: string;
  /** bytes */
  readonly maxPayload: number;
  /** Whether each message is synced to disk before it is acknowledged; null if this is not known. */
  readonly syncsAlways: boolean | null;
}

/** Checks whether a stream can lose requests. */
export function examineStream(
  config: RelayStreamConfig,
  team: string,
  server: ServerFacts,
  maxBodyBytes: number,
): StreamFinding[] {
  const minutes = Math.round(config.duplicate_window / NANOS / 60_000);
  const subjects = subjectsOf(team);
  return [
    finding(
      config.subjects.includes(subjects),
      'wrong',
      `the stream takes ${subjects}`,
      `the stream takes ${config.subjects.join(', ')}, expected ${subjects}`,
    ),
    finding(
      config.storage === 'file',
      'wrong',
      'it stores in files',
      'it stores in memory: a restart of the server empties it. A stream cannot be changed to files',
    ),
    finding(
      config.retention === 'limits',
      'wrong',
      'every reader gets every message',
      `its retention is ${config.retention}, expected limits: a message that one reader took may be missing for the others`,
    ),
    finding(
      config.duplicate_window >= DUPLICATE_WINDOW_MS * NANOS,
      'wrong',
      `it recognises a retry for ${minutes} minutes`,
      `it recognises a retry for ${minutes} minutes, expected 10 or more: later retries are stored twice`,
    ),
    finding(
      config.discard === 'new',
      'short',
      'a full stream refuses new requests, which Relyable retries',
      'a full stream drops its oldest messages (discard old), read or not',
    ),
    finding(
      config.num_replicas > 1,
      'short',
      `${config.num_replicas} servers have each message`,
      'one server has each message (replicas 1): it is lost with the disk of that server',
    ),
    ...examineServer(server, maxBodyBytes),
  ];
}

function examineServer(
  { version, maxPayload, syncsAlways }: ServerFacts,
  maxBodyBytes: number,
): StreamFinding[] {
  return [
    finding(
      isAtLeast(version, 2, 10),
      'short',
      `the server is ${version}`,
      `the server is ${version}, older than 2.10: acknowledged messages may wait up to two minutes for the disk, and --events of listen takes one type`,
    ),
    finding(
      maxPayload >= maxBodyBytes,
      'short',
      `the server takes messages of ${maxPayload} bytes`,
      `the server takes messages of ${maxPayload} bytes (max_payload), --max-body is ${maxBodyBytes}: larger requests are answered 413`,
    ),
    syncsAlways === null
      ? {
          level: 'unknown',
          text: 'whether each message is synced to disk before it is acknowledged (sync_interval: always) shows on the monitoring page of each server alone: --monitor http://<server>:8222 asks it',
        }
      : finding(
          syncsAlways,
          'short',
          'each message is synced to disk before it is acknowledged',
          'acknowledged messages may wait up to two minutes for the disk: set sync_interval: always in the jetstream block',
        ),
  ];
}

function finding(
  isOk: boolean,
  otherwise: StreamFinding['level'],
  good: string,
  bad: string,
): StreamFinding {
  return isOk ? { level: 'ok', text: good } : { level: otherwise, text: bad };
}

/** Whether a version such as `2.10.27` is at least this one. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
