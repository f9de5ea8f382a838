// Signed events at an even pace, one at a time, from this process.
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './harness.mjs';

const agent = new Agent({ keepAlive: true });
let sent = 0;

/** Sends one event; resolves with the ms until it was answered. */
function send(url) {
  const data = { test_run_id: `run_${(sent += 1)}`, note: 'x'.repeat(800) };
  const body = JSON.stringify({ event: 'test_run.completed', timestamp: '2026-01-16', data });
  const signature = createHmac('sha256', 'whsec_bench').update(body).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'X-Relyable-Signature': signature };
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(performance.now() - startedAt));
    })
      .on('error', reject)
      .end(body);
  });
}

/**
 * Sends `perSecond` events a second for `seconds`; how many a second were answered, and the
 * median ms until the answer.
 */
export async function sendPaced(url, { perSecond, seconds }) {
  const startedAt = performance.now();
  const durations = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const dueMs = startedAt + (n * 1000) / perSecond - performance.now();
    if (dueMs > 0) await sleep(dueMs);
    durations.push(await send(url));
  }
  const elapsedMs = performance.now() - startedAt;
  return { perSecond: (durations.length * 1000) / elapsedMs, medianMs: median(durations) };
}

/** Closes the connections that are kept open between rounds. */
export function closePacedLoad() {
  agent.destroy();
}
