// The least that verifying takes: `<file>` is an export, read line by line, or with a signature a body.
import { createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [file, signature] = process.argv.slice(2);
const secret = process.env.RELYABLE_WEBHOOK_SECRET;
const sign = (body) => createHmac('sha256', secret).update(body).digest('hex');

if (signature === undefined) {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { id, headers, bodyBase64 } = JSON.parse(line);
    const body = Buffer.from(bodyBase64, 'base64');
    const [, received] = headers.find(([name]) => name === 'X-Relyable-Signature');
    const verdict = received === sign(body) ? 'valid' : 'invalid';
    process.stdout.write(`${verdict}  ${id}  ${JSON.parse(body.toString()).event}\n`);
  }
} else {
  const hmac = createHmac('sha256', secret);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hmac.update(chunk);
  }
  process.stdout.write(`${hmac.digest('hex') === signature ? 'valid' : 'invalid'}\n`);
}
