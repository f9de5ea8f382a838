import { errorCode, RelyableError } from '../errors.ts';
import type * as JetStream from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';

/** The two packages of the NATS client that are used. */
export interface NatsLibrary {
  readonly transport: typeof Transport;
  readonly jetstream: typeof JetStream;
}

/** The command that installs the optional packages. Everything except the relay works without them. */
const INSTALL =
  'npm install --global @nats-io/transport-node@3.3.1 @nats-io/jetstream@3.3.1 prom-client@15';

/** Loads the NATS client. If it is missing, rejects with NOT_FOUND and the command that installs it. */
export async function loadNats(): Promise<NatsLibrary> {
  const [transport, jetstream] = await orMissing('@nats-io/transport-node', () =>
    Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]),
  );
  return { transport, jetstream };
}

/** Imports an optional package. If it is missing, rejects with NOT_FOUND and the command that installs it. */
export async function orMissing<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(errorCode(error) ?? '')) throw error;
    throw new RelyableError('NOT_FOUND', `the optional package ${name} is not installed`, {
      hint: `${INSTALL} (without --global where relyable is a dependency of your project)`,
      cause: error,
    });
  }
}
