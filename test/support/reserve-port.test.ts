import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { reservePort } from './reserve-port.ts';

test.for(['127.0.0.1', '::1'])('nothing listens on a reserved port of %s', async (host) => {
  const socket = connect(await reservePort(), host);
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test.for(['127.0.0.1', '::1', '0.0.0.0', '::'])(
  'a program that asks for it on %s gets it',
  async (host) => {
    const server = createServer().listen(await reservePort(), host);
    await once(server, 'listening');
    server.close();
  },
);

test('a reserved port is not reserved again', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => reservePort()));
  expect(new Set(ports).size).toBe(200);
});
