// Sends signed events over kept connections as fast as they are answered, with as little work of
// its own as possible: requests are written whole, answers are read up to their Content-Length.
// Each line on stdin is one run: {"url", "connections", "count", "bodyBytes", "first"}; each line
// on stdout its result: {"perSecond", "toAppUs"} (median µs until the app had it, 0 if it is no
// clock app). `first` numbers the events, so that no two runs send the same ones.
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const secret = process.env.RELYABLE_WEBHOOK_SECRET;

function requestOf(index, bodyBytes, host) {
  const frame = {
    event: 'test_run.completed',
    timestamp: '2026-01-16T15:38:00Z',
    data: { test_run_id: `run_${index}`, note: '' },
  };
  frame.data.note = 'x'.repeat(Math.max(0, bodyBytes - JSON.stringify(frame).length));
  const body = JSON.stringify(frame);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return Buffer.from(
    `POST /hook HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nX-Relyable-Signature: ${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

function drive(url, connections, requests, count) {
  const { hostname, port } = new URL(url);
  const toApp = [];
  let sent = 0;
  let answered = 0;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const one = () => {
      const socket = connect({ host: hostname, port, noDelay: true });
      let pending = '';
      let sentAt = 0n;
      const next = () => {
        if (sent >= count) {
          socket.end();
          return;
        }
        const request = requests[sent % requests.length];
        sent += 1;
        sentAt = process.hrtime.bigint();
        socket.write(request);
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        const end = pending.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = pending.slice(0, end);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1);
        const isChunked = length === -1;
        const rest = pending.slice(end + 4);
        if (isChunked ? !rest.endsWith('0\r\n\r\n') : rest.length < length) return;
        if (!head.startsWith('HTTP/1.1 200')) reject(new Error(head));
        pending = '';
        const body = isChunked ? (rest.split('\r\n')[1] ?? '') : rest;
        if (/^\d{10,}$/.test(body)) toApp.push(Number(BigInt(body) - sentAt) / 1000);
        answered += 1;
        if (answered === count) {
          toApp.sort((a, b) => a - b);
          resolve({
            perSecond: (count * 1000) / (performance.now() - startedAt),
            toAppUs: toApp[toApp.length >> 1] ?? 0,
          });
        }
        next();
      });
    };
    for (let i = 0; i < connections; i++) one();
  });
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { url, connections, count, bodyBytes, first } = JSON.parse(line);
  const { host } = new URL(url);
  // Distinct events, made before the clock starts.
  const distinct = Math.min(count, Math.ceil((256 * 1024 * 1024) / bodyBytes));
  const requests = Array.from({ length: distinct }, (_, i) =>
    requestOf(first + i, bodyBytes, host),
  );
  console.log(JSON.stringify(await drive(url, connections, requests, count)));
});
console.log(JSON.stringify({ ready: true }));
