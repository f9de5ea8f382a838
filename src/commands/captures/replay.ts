import type { Invocation } from '../../invocation.ts';
import { toForward, toReplay } from './replay-capture.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { resolveSecrets, type Secrets } from '../../config/secrets.ts';
import { pickSetting } from '../../config/settings.ts';
import { parseDuration, parseTargetUrl } from '../../config/values.ts';
import { EXIT_CHECK_FAILED, EXIT_UNREACHABLE, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { CapturesReplayFlags } from './options.ts';
import { createSender } from '../../http/client/send.ts';
import { readTlsOptions } from '../../http/target.ts';
import { formatReplay, replayToJson } from '../kit/capture-view.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Capture } from '../../request/capture.ts';
import { parseOverride } from '../../json/overrides.ts';
import { isDelivered } from '../../relyable/retry.ts';
import {
  announceSecrets,
  explainSettings,
  interruptedCode,
  loadLayers,
  storeFile,
} from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';

/** Sends captures again; each is kept as an attempt of its capture, never as a new one. */
export async function run(invocation: Invocation<CapturesReplayFlags>): Promise<number> {
  const { context, terminal, flags, args } = invocation;
  const layers = await loadLayers(invocation);
  const overrides = (flags.set ?? []).map((text) => parseOverride(text, '--set'));
  const isEdited = flags.resign === true || overrides.length > 0;
  const secrets = isEdited ? resolveSecrets(context, layers, flags) : undefined;
  const changes = { overrides, secret: secrets?.chosen[0].value };
  const { target, timeoutMs } = readSettings(invocation, layers);
  const tls = readTlsOptions(flags);
  const file = storeFile(invocation, layers);
  // Nothing is sent unless all of them are there.
  const reader = await openCaptures(file);
  const captures = args.map((name) => requireCapture(reader, name));
  const requests = captures.map((capture) =>
    toReplay(capture, target ?? lastTarget(invocation, capture), changes),
  );
  reader.close();
  if (secrets !== undefined) announceSigning(invocation, secrets, overrides.length > 0);

  const { openStore } = await import('../../store/writer.ts');
  const { toForwardRow } = await import('../../store/rows.ts');
  const store = openStore(file);
  const sender = createSender({ timeoutMs, tls, signal: context.interrupt });
  const statuses: (number | null)[] = [];
  try {
    for (const [index, outgoing] of requests.entries()) {
      const id = captures[index]?.id ?? '';
      const at = context.now();
      const forward = toForward(outgoing, await sender.send(outgoing), { at, isEdited });
      store.write({ forwards: [toForwardRow(id, forward)] });
      statuses.push(forward.status);
      if (context.interrupt.aborted) return interruptedCode(context);
      if (terminal.isJson) terminal.json(replayToJson(id, forward));
      else terminal.data(formatReplay(id, forward, terminal.style));
    }
  } finally {
    sender.close();
    store.close();
  }
  if (statuses.every(isDelivered)) return EXIT_SUCCESS;
  return statuses.includes(null) ? EXIT_UNREACHABLE : EXIT_CHECK_FAILED;
}

function announceSigning(
  invocation: Invocation<unknown>,
  secrets: Secrets,
  isBodyChanged: boolean,
): void {
  announceSecrets(invocation, secrets);
  const why = isBodyChanged ? '--set changes the body, so it is' : 'it is';
  invocation.terminal.info(`${why} signed anew with the secret from ${secrets.chosen[0].source}`);
}

function readSettings(
  invocation: Invocation<CapturesReplayFlags>,
  layers: readonly ConfigLayer[],
): { readonly target: URL | null; readonly timeoutMs: number } {
  const { context, flags } = invocation;
  const to = pickSetting<string>(context, layers, {
    flag: { name: '--to', value: flags.to },
    config: (values) => values.forwardTo,
    fallback: '',
  });
  const timeout = pickSetting(context, layers, {
    flag: { name: '--timeout', value: flags.timeout },
    config: (values) => values.timeout,
    fallback: '30s',
  });
  explainSettings(invocation, { to, timeout });
  return {
    target: to.origin === 'default' ? null : parseTargetUrl(to.value, to.origin),
    timeoutMs: parseDuration(timeout.value, timeout.origin),
  };
}

/** Where it went before: what a listener says of a failure can be typed as it is. */
function lastTarget({ terminal }: Invocation<unknown>, { id, forwards }: Capture): URL {
  const url = forwards.at(-1)?.url;
  if (url === undefined) {
    throw new RelyableError(
      'USAGE',
      `expected a target: no --to, no forwardTo in a config file, and ${id} was never forwarded`,
      { hint: 'relyable webhooks captures replay last --to 3000/webhooks/relyable' },
    );
  }
  terminal.info(terminal.errorStyle.dim(`to ${safeLine(url)}, where ${id} went before`));
  return new URL(url);
}
