import type { Invocation } from '../../invocation.ts';
import { knownSecrets, type Secrets } from '../../config/secrets.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE, RelyableError } from '../../errors.ts';
import { changeAnswers, createSender, type Outgoing } from '../../http/client/send.ts';
import { readTlsOptions, type TlsOptions } from '../../http/target.ts';
import type { Capture } from '../../request/capture.ts';
import { isDelivered } from '../../relyable/retry.ts';
import { type Conceal, createConceal } from '../../signature/conceal.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { replayView } from '../kit/capture-view.ts';
import { announceSecrets, interruptedCode, readConfig } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';
import { type CapturesReplayOptions, replayOptions } from './options.ts';
import { toForward, toReplay } from './replay-capture.ts';

/** What is sent again, and how. */
interface ReplayPlan {
  readonly storeFile: string;
  readonly requests: ReadonlyArray<{ readonly id: string; readonly outgoing: Outgoing }>;
  readonly isEdited: boolean;
  /** For the answers, before anything is shown or stored of them. */
  readonly conceal: Conceal;
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
}

/** Sends captures again; each attempt is stored with its capture, never as a new one. */
export async function run(invocation: Invocation<CapturesReplayOptions>): Promise<number> {
  const plan = await planReplay(invocation);
  const statuses = await sendAll(invocation, plan);
  if (invocation.context.interrupt.aborted) return interruptedCode(invocation.context);
  if (statuses.every(isDelivered)) return EXIT_SUCCESS;
  return statuses.includes(null) ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}

/** Nothing is sent unless every capture exists and can be changed as asked. */
async function planReplay(invocation: Invocation<CapturesReplayOptions>): Promise<ReplayPlan> {
  const { context, options, args } = invocation;
  const config = await readConfig(invocation);
  const overrides = options.set;
  const isEdited = options.resign || overrides.length > 0;
  const secrets = isEdited ? config.secrets() : undefined;
  const changes = { overrides, secret: secrets?.chosen[0].value };
  const conceal = createConceal(
    [...(secrets?.chosen ?? []), ...knownSecrets(context, config.layers)].map(({ value }) => value),
  );
  const { to, timeout } = config.settings(replayOptions);
  const tls = readTlsOptions(options);
  const storeFile = config.storeFile();
  const reader = await openCaptures(storeFile);
  const captures = args.map((name) => requireCapture(reader, name));
  reader.close();
  const requests = captures.map((capture) => ({
    id: capture.id,
    outgoing: toReplay(capture, to.value ?? lastTarget(invocation, capture), changes),
  }));
  if (secrets !== undefined) announceSigning(invocation, secrets, overrides.length > 0);
  return { storeFile, requests, isEdited, conceal, timeoutMs: timeout.value, tls };
}

/** The status of each answer, null for none; fewer than the requests after a Ctrl-C. */
async function sendAll(
  { context, terminal }: Invocation<unknown>,
  { storeFile, requests, isEdited, conceal, timeoutMs, tls }: ReplayPlan,
): Promise<Array<number | null>> {
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(storeFile);
  const sender = changeAnswers(
    createSender({ timeoutMs, tls, signal: context.interrupt }),
    conceal,
  );
  const statuses: Array<number | null> = [];
  try {
    for (const { id, outgoing } of requests) {
      const at = context.now();
      const forward = toForward(outgoing, await sender.send(outgoing), { at, isEdited });
      store.write({ forwards: [[id, forward]] });
      statuses.push(forward.status);
      if (context.interrupt.aborted) break;
      terminal.show(replayView(id, forward));
    }
  } finally {
    sender.close();
    store.close();
  }
  return statuses;
}

function announceSigning(
  invocation: Invocation<unknown>,
  secrets: Secrets,
  isBodyChanged: boolean,
): void {
  announceSecrets(invocation, secrets);
  const why = isBodyChanged ? '--set changes the body, so it is' : 'it is';
  invocation.terminal.info(`${why} signed again with the secret from ${secrets.chosen[0].source}`);
}

/** Where the capture was last sent: the command that a listener prints under a failure needs no `--to`. */
function lastTarget({ terminal }: Invocation<unknown>, { id, forwards }: Capture): URL {
  const url = forwards.at(-1)?.url;
  if (url === undefined) {
    throw new RelyableError(
      'USAGE',
      `expected a target: no --to, no forwardTo in a config file, and ${id} was never forwarded`,
      { hint: 'relyable webhooks captures replay last --to 3000/webhooks/relyable' },
    );
  }
  terminal.info(terminal.errorStyle.dim(`to ${safeLine(url)}, where ${id} was last sent`));
  return new URL(url);
}
