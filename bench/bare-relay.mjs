// The baseline of the relay as a server: node:http in, the client's publish, without looking into the requests.
// usage: node bare-relay.mjs <nats url>
import { createServer } from 'node:http';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const client = jetstream(await connect({ servers: process.argv[2] }));
let published = 0;

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const msgID = `http-${process.pid}-${published++}`;
    await client.publish('relyable.default.bare', Buffer.concat(chunks), { msgID });
    response.end('OK');
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
