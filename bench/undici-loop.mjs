// The baseline of `trigger --count`: the same request, signed once, over a plain undici Pool.
// usage: node undici-loop.mjs <url> <count> <concurrency>
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { ROOT } from './harness.mjs';

const [url, count, concurrency] = process.argv.slice(2);
const sample = readFileSync(join(ROOT, 'fixtures/events/test_run.completed.json'), 'utf8');
const body = Buffer.from(JSON.stringify(JSON.parse(sample)));
const signature = createHmac('sha256', 'whsec_bench').update(body).digest('hex');
const headers = { 'content-type': 'application/json', 'x-relyable-signature': signature };
const pool = new Pool(url, { connections: Number(concurrency) });
let begun = 0;

async function worker() {
  while (begun < Number(count)) {
    begun += 1;
    const answer = await pool.request({ path: '/', method: 'POST', headers, body });
    await answer.body.dump();
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
console.log(
  JSON.stringify({ perSecond: (Number(count) * 1000) / (performance.now() - startedAt) }),
);
await pool.close();
