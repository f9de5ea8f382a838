import type { Attempt, Delivery, DeliveryState } from '../relyable/delivery.ts';
import { createGroupCommit } from './emulator-commit.ts';
import { fromBlob, fromNullableBlob, toBlob } from './rows.ts';
import { type Database, openDatabase, orStoreError } from './schema.ts';

export interface StoredDelivery extends Delivery {
  readonly endpointId: string;
}

/** An endpoint as it is stored, without its secret. */
export interface StoredEndpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  /** ms since 1970. */
  readonly createdAt: number;
}

/** The emulator's state in the store's file. Every promise resolves once the write is on disk. */
export interface EmulatorStore {
  endpoints(): StoredEndpoint[];
  /** The newest deliveries, at most `limit`, oldest first. */
  deliveries(limit: number): StoredDelivery[];
  addEndpoint(endpoint: StoredEndpoint): Promise<void>;
  removeEndpoint(id: string): Promise<void>;
  addDelivery(delivery: StoredDelivery): Promise<void>;
  addAttempt(delivery: StoredDelivery, attempt: Attempt): Promise<void>;
  updateState(delivery: StoredDelivery): Promise<void>;
  close(): void;
}

interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: Uint8Array | null;
  readonly event: Uint8Array | null;
  readonly url: Uint8Array;
  readonly state: DeliveryState;
  readonly body: Uint8Array;
  readonly headers: Uint8Array;
  readonly next_retry_at: number | null;
}

interface AttemptRow {
  readonly delivery_id: string;
  readonly attempt: number;
  readonly at: number;
  readonly status: number | null;
  readonly response_body: Uint8Array | null;
  readonly duration_ms: number | null;
  readonly error: Uint8Array | null;
}

const toNullableBlob = (text: string | null): Buffer | null =>
  text === null ? null : toBlob(text);

/** Opens the store for the emulator; creates the file if it is missing. */
export function openEmulatorStore(file: string): EmulatorStore {
  const database = openDatabase(file, 'write');
  const group = createGroupCommit(file, database);
  const prepared = prepareWrites(database);
  const guarded = <T>(read: () => T): T => orStoreError(file, read);
  const setState = ({ state, nextRetryAt, id }: StoredDelivery): void => {
    prepared.updateState.run(state, nextRetryAt, id);
  };
  return {
    endpoints: () => guarded(() => readEndpoints(database)),
    deliveries: (limit) => guarded(() => readDeliveries(database, limit)),
    addEndpoint: ({ id, url, events, createdAt }) =>
      group.write(() => {
        prepared.addEndpoint.run(id, toBlob(url), JSON.stringify(events), createdAt);
      }),
    removeEndpoint: (id) => group.write(() => void prepared.removeEndpoint.run(id)),
    addDelivery: (delivery) =>
      group.write(() => {
        prepared.addDelivery.run(
          delivery.id,
          delivery.endpointId,
          toNullableBlob(delivery.eventId),
          toNullableBlob(delivery.event),
          toBlob(delivery.endpoint ?? ''),
          delivery.state,
          toBlob(delivery.requestBody ?? ''),
          toBlob(JSON.stringify(delivery.requestHeaders)),
          delivery.nextRetryAt,
        );
      }),
    addAttempt: (delivery, attempt) => {
      // The delivery may change before the write, so its present state is copied here.
      const { state, nextRetryAt, id } = delivery;
      return group.write(() => {
        prepared.addAttempt.run(
          id,
          attempt.attempt,
          attempt.at,
          attempt.status,
          toNullableBlob(attempt.responseBody),
          attempt.durationMs,
          toNullableBlob(attempt.error),
        );
        prepared.updateState.run(state, nextRetryAt, id);
      });
    },
    updateState: (delivery) => group.write(() => setState(delivery)),
    close: () => {
      group.flush();
      database.close();
    },
  };
}

type Statement = ReturnType<Database['prepare']>;

function prepareWrites(
  database: Database,
): Record<
  'addEndpoint' | 'removeEndpoint' | 'addDelivery' | 'addAttempt' | 'updateState',
  Statement
> {
  return {
    addEndpoint: database.prepare(
      'INSERT INTO emulator_endpoints (id, url, events, created_at) VALUES (?, ?, ?, ?)',
    ),
    removeEndpoint: database.prepare('DELETE FROM emulator_endpoints WHERE id = ?'),
    addDelivery: database.prepare(
      `INSERT INTO emulator_deliveries (id, endpoint_id, event_id, event, url, state, body, headers, next_retry_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    addAttempt: database.prepare(
      `INSERT INTO emulator_attempts (delivery_id, attempt, at, status, response_body, duration_ms, error)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    updateState: database.prepare(
      'UPDATE emulator_deliveries SET state = ?, next_retry_at = ? WHERE id = ?',
    ),
  };
}

function readEndpoints(database: Database): StoredEndpoint[] {
  const rows = database
    .prepare('SELECT id, url, events, created_at FROM emulator_endpoints ORDER BY seq')
    .all() as unknown as Array<{ id: string; url: Uint8Array; events: string; created_at: number }>;
  return rows.map((row) => ({
    id: row.id,
    url: fromBlob(row.url),
    events: JSON.parse(row.events) as string[],
    createdAt: row.created_at,
  }));
}

/** Reads the newest deliveries, at most `limit`. Deletes finished deliveries that are older. */
function readDeliveries(database: Database, limit: number): StoredDelivery[] {
  database
    .prepare(
      `DELETE FROM emulator_deliveries WHERE state NOT IN ('pending', 'retrying')
         AND seq <= (SELECT seq FROM emulator_deliveries ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
    )
    .run(limit);
  const attempts = new Map<string, Attempt[]>();
  const rows = database
    .prepare('SELECT * FROM emulator_attempts ORDER BY seq')
    .iterate() as Iterable<unknown>;
  for (const row of rows as Iterable<AttemptRow>) {
    const list = attempts.get(row.delivery_id) ?? [];
    list.push({
      attempt: row.attempt,
      at: row.at,
      status: row.status,
      responseBody: fromNullableBlob(row.response_body),
      durationMs: row.duration_ms,
      error: fromNullableBlob(row.error),
    });
    attempts.set(row.delivery_id, list);
  }
  const deliveries = database
    .prepare('SELECT * FROM emulator_deliveries ORDER BY seq')
    .all() as unknown as DeliveryRow[];
  return deliveries.map((row) => ({
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: fromNullableBlob(row.event_id),
    event: fromNullableBlob(row.event),
    endpoint: fromBlob(row.url),
    state: row.state,
    requestBody: fromBlob(row.body),
    requestHeaders: JSON.parse(fromBlob(row.headers)) as Record<string, string>,
    attempts: attempts.get(row.id) ?? [],
    nextRetryAt: row.next_retry_at,
  }));
}
