import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A port of this machine's loopback addresses on which nothing listens, held until the test ends.
 *
 * A connection to an earlier listener stays open on the port. While it does, the system gives the
 * port to no program that asks for any port, a connection to it is refused, and a program that
 * asks for this very port still gets it (SO_REUSEADDR, which Node, Go and Python set).
 */
export async function reservePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port, family } = server.address() as AddressInfo;
  for (const host of family === 'IPv6' ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
    const accepted = once(server, 'connection');
    const client = connect(port, host);
    const [held] = (await accepted) as [ReturnType<typeof connect>];
    onTestFinished(() => {
      client.destroy();
      held.destroy();
    });
  }
  server.close();
  return port;
}
