// The baseline of forwarding: node:http in, an undici Pool out, without looking into the requests.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const target = new URL(process.argv[2]);
const pool = new Pool(target.origin, { connections: 64, pipelining: 1 });

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const answer = await pool.request({
      path: request.url,
      method: 'POST',
      headers: {
        'content-type': request.headers['content-type'],
        'x-relyable-signature': request.headers['x-relyable-signature'],
      },
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.statusCode, answer.headers);
    answer.body.pipe(response);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
