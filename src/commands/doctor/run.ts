import { join } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { apiUrlSetting, findApiKey } from '../../config/api.ts';
import { DEFAULT_API_URL, DEFAULT_HOST, DEFAULT_PORT } from '../../config/defaults.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { pickSetting, type Setting, storeSetting } from '../../config/settings.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { isInContainer } from './checks/environment.ts';
import { examine } from './examine.ts';
import type { Finding, Subject } from './finding.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { DoctorFlags } from './options.ts';
import { formatFinding, formatVerdict } from './view.ts';
import { loadLayers } from '../kit/invocation-config.ts';

/** Examines what webhooks depend on here; 1 where something is broken. */
export async function run(invocation: Invocation<DoctorFlags>): Promise<number> {
  const { terminal } = invocation;
  const findings: Finding[] = [];
  for await (const finding of examine(await settle(invocation))) {
    invocation.context.interrupt.throwIfAborted();
    findings.push(finding);
    if (!terminal.isJson) terminal.data(formatFinding(finding, terminal.style, terminal.columns));
  }
  const isBroken = findings.some(({ level }) => level === 'failure');
  if (terminal.isJson) terminal.json({ type: 'doctor', v: 1, ok: !isBroken, findings });
  else terminal.data(formatVerdict(findings));
  return isBroken ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

/** What to examine. A config that is not valid is a finding, not the end. */
async function settle(invocation: Invocation<DoctorFlags>): Promise<Subject> {
  const { context, flags } = invocation;
  const errors: RelyableError[] = [];
  /** What can be had, else the fallback and the reason kept. */
  const attempt = async <T>(get: () => T | Promise<T>, fallback: T): Promise<T> => {
    try {
      return await get();
    } catch (error) {
      if (!(error instanceof RelyableError)) throw error;
      errors.push(error);
      return fallback;
    }
  };
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const layers = await attempt<readonly ConfigLayer[]>(() => loadLayers(invocation, warn), []);
  const pick = <T>(read: (values: ConfigLayer['values']) => T | undefined, fallback: T): T =>
    pickSetting(context, layers, { config: read, fallback }).value as T;
  return {
    context,
    layers,
    target:
      // What was typed wrong just now is no finding.
      flags.to === undefined
        ? await attempt(() => targetSetting(invocation, layers), null)
        : targetSetting(invocation, layers),
    store:
      flags.store === undefined
        ? await attempt(() => storeSetting(context, layers, undefined), {
            value: join(context.paths.data, 'captures.db'),
            origin: 'default',
          })
        : storeSetting(context, layers, flags.store),
    api: await attempt(() => apiUrlSetting(context, layers, {}), {
      value: new URL(DEFAULT_API_URL),
      origin: 'default',
    }),
    apiKey: (await attempt(() => findApiKey(context, layers, {}), undefined)) ?? null,
    listen: {
      host: pick((values) => values.host, DEFAULT_HOST),
      port: pick((values) => values.port, DEFAULT_PORT),
    },
    isContainer: isInContainer(context),
    configErrors: errors,
    configWarnings: warnings,
  };
}

function targetSetting(
  { context, flags }: Invocation<DoctorFlags>,
  layers: readonly ConfigLayer[],
): Setting<URL> | null {
  const { value, origin } = pickSetting<string | undefined>(context, layers, {
    flag: { name: '--to', value: flags.to },
    config: (values) => values.forwardTo,
    fallback: undefined,
  });
  return value === undefined ? null : { value: parseTargetUrl(value, origin), origin };
}
