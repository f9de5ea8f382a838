import { createServer, type ServerResponse } from 'node:http';
import { type Bound, bindServer, closeServer } from '../http/server/bind.ts';
import { answerJson } from '../http/server/receive.ts';
import type { RelayMetrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface AdminServer extends Bound {
  close(): Promise<void>;
}

/** Serves `/healthz`, `/readyz` and `/metrics`; rejects with PORT_IN_USE or UNREACHABLE. */
export async function startAdminServer(
  address: { readonly host: string; readonly port: number },
  readiness: Pick<Readiness, 'problem'>,
  metrics: RelayMetrics,
): Promise<AdminServer> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerJson(response, 405, { error: 'method_not_allowed' }, [['Allow', 'GET']]);
    } else if (path === '/healthz') answerJson(response, 200, { status: 'ok' });
    else if (path === '/readyz') void answerReady(response, readiness);
    else if (path === '/metrics') void answerMetrics(response, metrics);
    else answerJson(response, 404, { error: 'not_found' });
  });
  const bound = await bindServer(server, address);
  return { ...bound, close: () => closeServer(server, 0) };
}

async function answerReady(
  response: ServerResponse,
  readiness: Pick<Readiness, 'problem'>,
): Promise<void> {
  const problem = await readiness.problem();
  if (problem === null) answerJson(response, 200, { status: 'ready' });
  else answerJson(response, 503, { status: 'not_ready', problem });
}

async function answerMetrics(response: ServerResponse, metrics: RelayMetrics): Promise<void> {
  const text = await metrics.text();
  response.writeHead(200, { 'Content-Type': metrics.contentType });
  response.end(text);
}
