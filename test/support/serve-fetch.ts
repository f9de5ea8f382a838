import { serve } from '@hono/node-server';
import { onTestFinished } from 'vitest';

const GLOBALS = ['Request', 'Response'] as const;

/** Serves a handler of fetch's requests on a port of its own, until the test ends; its URL. */
export function serveFetch(
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<string> {
  // The server replaces these for its whole process, which runs other test files afterwards.
  const before = GLOBALS.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)!);
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
    onTestFinished(() => {
      server.close();
      for (const [index, name] of GLOBALS.entries())
        Object.defineProperty(globalThis, name, before[index]!);
    });
  });
}
