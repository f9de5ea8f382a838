import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { describeFailure } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import type { Engine } from '../../relay/engine.ts';
import {
  changesOf,
  createStream,
  examineStream,
  findStream,
  openManager,
  streamConfig,
  updateStream,
  type WantedStream,
} from '../../relay/stream.ts';
import { streamOf } from '../../relay/subjects.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { connectNats } from '../kit/nats-connection.ts';
import { requireNatsUrl } from './nats-url.ts';
import { relayInitOptions, type RelayInitOptions } from './options.ts';
import { type InitReport, initView } from './view.ts';

/** Creates or checks the stream; the exit code says whether the relay keeps its promises with it. */
export async function run(invocation: Invocation<RelayInitOptions>): Promise<number> {
  const { terminal, options } = invocation;
  const url = requireNatsUrl(invocation);
  const config = await readConfig(invocation);
  const maxBodyBytes = config.settings(relayInitOptions).maxBody.value;
  const { team, maxAge, maxBytes, replicas } = options;
  const wanted = { team, maxAgeMs: maxAge, maxBytes, replicas };
  const engine = await connectNats(invocation, url, {
    name: 'relay-init',
    maxReconnectMs: options.maxReconnect,
  });
  try {
    const syncsAlways = await askMonitor(invocation);
    const { info, state, changes } = await ensureStream(await openManager(engine), wanted, options);
    const report: InitReport = {
      stream: streamOf(team),
      state,
      config: info?.config ?? streamConfig(wanted),
      changes,
      stored: info && { messages: info.state.messages, bytes: info.state.bytes },
      findings: examineStream(
        info?.config ?? streamConfig(wanted),
        team,
        { ...serverFacts(engine), syncsAlways },
        maxBodyBytes,
      ),
    };
    terminal.show(initView(report));
    const isWrong = report.findings.some(({ level }) => level === 'wrong');
    if (isWrong && !options.update) {
      terminal.info('relyable webhooks relay init --update changes what can be changed');
    }
    return isWrong ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
  } finally {
    await engine.close();
  }
}

interface EnsuredStream extends Pick<InitReport, 'state' | 'changes'> {
  readonly info: StreamInfo | null;
}

async function ensureStream(
  manager: JetStreamManager,
  wanted: WantedStream,
  { dryRun, update }: RelayInitOptions,
): Promise<EnsuredStream> {
  const found = await findStream(manager, wanted.team);
  if (found === null) {
    if (dryRun) return { info: null, state: 'missing', changes: [] };
    return { info: await createStream(manager, wanted), state: 'created', changes: [] };
  }
  const { config } = found;
  const changes = changesOf(wanted, config);
  if (dryRun || !update) return { info: found, state: 'found', changes };
  return { info: await updateStream(manager, wanted, config), state: 'updated', changes };
}

function serverFacts({ connection }: Engine): { version: string; maxPayload: number } {
  return {
    version: connection.info?.version ?? '',
    maxPayload: connection.info?.max_payload ?? 0,
  };
}

/** Whether the server of the monitoring page syncs each message; null without `--monitor`. */
async function askMonitor({
  context,
  options,
}: Invocation<RelayInitOptions>): Promise<boolean | null> {
  const { monitor } = options;
  if (monitor === undefined) return null;
  const url = URL.canParse('/jsz', monitor) ? new URL('/jsz', monitor) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RelyableError(
      'USAGE',
      `--monitor: expected a URL such as http://127.0.0.1:8222, got "${monitor}"`,
    );
  }
  const answer = await context.fetch(url, { signal: context.interrupt }).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw noMonitor(url, describeFailure(cause, url), error);
  });
  const document = await answer.json().catch(() => null);
  const { config } = (document ?? {}) as { config?: { store_dir?: string; sync_always?: boolean } };
  if (typeof config?.store_dir !== 'string') {
    throw noMonitor(
      url,
      `it is not the monitoring page of a server with JetStream (${answer.status})`,
    );
  }
  return config.sync_always === true;
}

function noMonitor(url: URL, problem: string, cause?: unknown): RelyableError {
  return new RelyableError('UNREACHABLE', `--monitor ${url.href}: ${problem}`, { cause });
}
