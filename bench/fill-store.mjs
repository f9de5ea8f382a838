import { createHmac } from 'node:crypto';

const INSERT = `INSERT INTO captures (id, received_at, method, path, http_version, headers, body, event, event_id, event_key, valid, reason, duplicate_of, answered)
  VALUES (?, ?, 'POST', ?, '1.1', ?, ?, ?, ?, ?, 1, 'ok', NULL, 200)`;
const INSERT_FORWARD = `INSERT INTO forwards (capture_id, kind, at, url, status, duration_ms, error, response_headers, response_body, edited)
  VALUES (?, 'forward', ?, 'http://localhost:3000/', 200, 12, NULL, ?, ?, 0)`;

/**
 * Fills a store that `listen` has made, in the form in which `listen` writes, ten events a second.
 *
 * @param {string} file
 * @param {number} count
 * @param {(n: number) => object} fieldsOf what the nth payload has besides `event`
 * @param {(n: number) => string} [answerOf] what the app answered it; no forwards without it
 */
export async function fillStore(file, count, fieldsOf, answerOf) {
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const insert = database.prepare(INSERT);
  const insertForward = database.prepare(INSERT_FORWARD);
  const event = 'test_run.completed';
  const answerHeaders = Buffer.from(JSON.stringify([['Content-Type', 'application/json']]));
  for (let n = 0; n < count; n++) {
    const body = Buffer.from(JSON.stringify({ event, ...fieldsOf(n) }));
    const signature = createHmac('sha256', 'whsec_bench').update(body).digest('hex');
    const headers = Buffer.from(JSON.stringify([['X-Relyable-Signature', signature]]));
    const id = `cap_${String(n).padStart(16, '0')}`;
    const at = 1_700_000_000_000 + n * 100;
    insert.run(
      id,
      at,
      Buffer.from('/'),
      headers,
      body,
      Buffer.from(event),
      Buffer.from(`evt_${n}`),
      n,
    );
    if (answerOf !== undefined) insertForward.run(id, at, answerHeaders, Buffer.from(answerOf(n)));
  }
  database.exec('COMMIT');
  database.close();
}
