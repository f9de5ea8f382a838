import type { Secrets } from '../../config/secrets.ts';
import { readTlsOptions, type TlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import { retryOffsetsMs } from '../../relyable/retry.ts';
import { type Conceal, createConceal } from '../../signature/conceal.ts';
import { createSigner } from '../../signature/sign.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { VERSION } from '../../version.ts';
import { announceSecrets, readConfig } from '../kit/invocation-config.ts';
import { expectedStatuses, type RequestOptions, type Schedule } from './deliver.ts';
import { triggerOptions, type TriggerOptions } from './options.ts';
import type { TriggerPayload } from './payload.ts';
import { readPayloads } from './payloads.ts';
import { resolveTamperedTarget, resolveTarget } from './target.ts';

/** What is sent, where to, and how: everything that the options and the config say. */
export interface TriggerPlan {
  readonly request: RequestOptions;
  readonly secrets: Secrets;
  /** Removes secrets from the answers before they are shown. */
  readonly conceal: Conceal;
  readonly schedule: Schedule;
  /** The statuses that count as success. */
  readonly expected: readonly number[];
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  /** The i-th event, from 0. */
  payloadOf(index: number): TriggerPayload;
  /** The number of events when each is sent once. */
  readonly count: number;
}

/** Reads and checks the options and the config; `isSent` is false where requests are only printed. */
export async function makePlan(
  invocation: Invocation<TriggerOptions>,
  isSent: boolean,
): Promise<TriggerPlan> {
  const { terminal, options } = invocation;
  const payloads = await readPayloads(invocation);
  const config = await readConfig(invocation);
  const { to, timeout, retryReading } = config.settings(triggerOptions);
  const tls = readTlsOptions(options);
  const { tamper, expectStatus, retry, speed, duplicate = 0 } = options;
  const resolved = await resolveTarget(invocation, to, isSent);
  const target =
    isSent && tamper !== undefined ? await resolveTamperedTarget(invocation, resolved) : resolved;
  const secrets = config.secrets();
  for (const warning of payloads.warnings) terminal.warn(warning);
  if (target.note !== null) terminal.info(terminal.errorStyle.dim(safeLine(target.note)));
  announceSecrets(invocation, secrets);
  const secret = secrets.chosen[0].value;
  return {
    secrets,
    conceal: createConceal([...secrets.chosen, ...secrets.known].map(({ value }) => value)),
    timeoutMs: timeout.value,
    tls,
    payloadOf: (index) => payloads.of(index),
    count: payloads.count,
    expected: expectedStatuses(expectStatus, tamper !== undefined),
    request: {
      to: target.url,
      secret,
      sign: createSigner(secret),
      userAgent: `relyable/${VERSION}`,
      tamper,
      headers: options.header,
    },
    schedule: {
      offsetsMs: retry ? retryOffsetsMs(retryReading.value) : [0],
      speed,
      duplicates: duplicate,
    },
  };
}
