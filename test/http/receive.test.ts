import { Agent, type IncomingMessage, request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { answerJson, type ReceivedRequest, startReceiver } from '../../src/http/receive.ts';

it('lets a sender that keeps its connection finish, and no more', async () => {
  const requests: ReceivedRequest[] = [];
  let onRequest: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (onRequest = resolve));
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1000,
    onRequest: (received) => {
      if (requests.push(received) > 1) answerJson(received.response, 200, {});
      onRequest();
    },
    health: () => ({}),
    onRefused: () => undefined,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request(receiver.url, { method: 'POST', agent }, (response) => {
        response.resume().on('end', () => resolve(response));
      })
        .on('error', reject)
        .end('{}');
    });

  const first = post();
  await arrived;
  const closed = receiver.close(60_000);
  // One more is on its way through the same connection while the first is answered.
  const second = post().then(
    ({ headers }) => headers.connection,
    () => 'refused',
  );
  if (requests[0] !== undefined) answerJson(requests[0].response, 200, {});
  expect((await first).statusCode).toBe(200);
  expect(['close', 'refused']).toContain(await second);
  await closed;
  await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
