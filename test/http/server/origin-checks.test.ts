import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startCli } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

function statusOf(port: number, headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const head = [
      'GET /api/webhooks HTTP/1.1',
      'Authorization: Bearer x',
      'Connection: close',
      ...headers,
    ];
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.slice(9, 12)));
  });
}

it('answers no web page, whatever name points at this machine', async () => {
  const emulator = startCli(['webhooks', 'emulate', '--port', '0', '--json']);
  const line = await emulator.nextLine((text) => text.includes('"url"'));
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
  expect(await statusOf(port, [`Host: 127.0.0.1:${port}`])).toBe('200');
  expect(await statusOf(port, [`Host: localhost:${port}`, 'Origin: http://localhost:3000'])).toBe(
    '200',
  );
  expect(await statusOf(port, [`Host: evil.example:${port}`])).toBe('403');
  expect(await statusOf(port, [`Host: 127.0.0.1:${port}`, 'Origin: https://evil.example'])).toBe(
    '403',
  );
  expect(await statusOf(port, [`Host: localhost:${port}`, 'Origin: null'])).toBe('403');
  const logs = await runCli(['webhooks', 'logs', '--api-url', `http://localhost:${port}/api`]);
  expect(logs.code).toBe(0);
});
