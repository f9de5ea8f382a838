// A delivery log of 100,000 attempts for the benches, newest first, an hour old, that nothing is added to.
import { createServer } from 'node:http';

const DELIVERIES = 50_000;
const NEWEST = Date.now() - 3_600_000;
const body = JSON.stringify({ event: 'test_run.failed', data: { text: 'x'.repeat(700) } });
let requests = 0;

function delivery(index) {
  const first = NEWEST - index * 1000 - 60_000;
  const attempt = (number, at, status) => ({
    attempt: number,
    delivered_at: new Date(at).toISOString(),
    response_status: status,
    response_body: status === 200 ? 'OK' : 'not yet',
    duration_ms: 12,
    error: null,
  });
  return {
    id: `dlv_${index}`,
    event_id: `evt_${index}`,
    event: 'test_run.failed',
    endpoint: 'https://example.test/hook',
    state: 'delivered',
    request: { body, headers: {} },
    attempts: [attempt(1, first, 500), attempt(2, first + 60_000, 200)],
    next_retry_at: null,
  };
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/requests') {
    response.end(String(requests));
    return;
  }
  requests += 1;
  const page = Number(url.searchParams.get('page'));
  const limit = Number(url.searchParams.get('limit'));
  const state = url.searchParams.get('state');
  const from = (page - 1) * limit;
  const count = state === null ? Math.max(0, Math.min(limit, DELIVERIES - from)) : 0;
  const data = Array.from({ length: count }, (_, i) => delivery(from + i));
  response.setHeader('content-type', 'application/json');
  const total = state === null ? DELIVERIES : 0;
  response.end(JSON.stringify({ success: true, data, pagination: { page, limit, total } }));
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
