import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './cli.ts';

/**
 * An ngrok that passes requests on from a port of its own, another one at each start. It prints the entry
 * of ngrok's log that inconshreveable/ngrok#66 shows as logfmt, with the fields that are read.
 */
const NGROK = `
const http = require('node:http');
require('node:fs').writeFileSync(process.env.PID_FILE, String(process.pid));
const target = process.argv[3];
const server = http.createServer((request, response) => {
  request.pipe(http.request(target + request.url, { method: request.method,
      headers: { ...request.headers, 'x-forwarded-for': '203.0.113.7' } },
    (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); }));
}).listen(0, '127.0.0.1', () => console.log(JSON.stringify({
  lvl: 'info', msg: 'started tunnel', url: 'http://127.0.0.1:' + server.address().port })));
`;

export interface NgrokStandIn {
  /** For a program that opens tunnels. */
  readonly env: Readonly<Record<string, string>>;
  /** Kills it, as when its connection is lost for good. */
  lose(): void;
}

/** A program that stands in for ngrok: its address leads to the listener from this machine. */
export function ngrokStandIn(): NgrokStandIn {
  const folder = temporaryFolder();
  const program = join(folder, 'ngrok');
  const pidFile = join(folder, 'pid');
  writeFileSync(program, `#!${process.execPath}\n${NGROK}`);
  chmodSync(program, 0o755);
  return {
    env: { RELYABLE_NGROK_PATH: program, PID_FILE: pidFile },
    lose: () => void process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL'),
  };
}
