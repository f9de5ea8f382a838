// The baseline of `listen --from`: a durable consumer that syncs and acknowledges each batch.
// usage: node bare-consumer.mjs <nats url> <stream> <count> <file>
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const [url, stream, count, path] = process.argv.slice(2);
const name = `bare-${process.pid}`;
const connection = await connect({ servers: url });
const manager = await jetstreamManager(connection);
await manager.consumers.add(stream, { durable_name: name, ack_policy: AckPolicy.All });
const consumer = await jetstream(connection).consumers.get(stream, name);
const file = openSync(path, 'w');
const startedAt = performance.now();
const usedBefore = process.cpuUsage();
let read = 0;
while (read < Number(count)) {
  let last;
  for await (const message of await consumer.fetch({ max_messages: 100, expires: 1000 })) {
    writeSync(file, message.data);
    last = message;
    read += 1;
  }
  fdatasyncSync(file);
  last?.ack();
}
const perSecond = (read * 1000) / (performance.now() - startedAt);
const { user, system } = process.cpuUsage(usedBefore);
closeSync(file);
await manager.consumers.delete(stream, name);
await connection.close();
console.log(JSON.stringify({ perSecond, processorUs: (user + system) / read }));
