import type { Invocation } from '../../invocation.ts';
import { effectiveSettings, type ShownSetting } from '../../config/effective.ts';
import { type ConfigLayer, userConfigPath } from '../../config/load.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { ConfigFlags } from './options.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { loadLayers } from '../kit/invocation-config.ts';

/** Shows all settings, one (`get <key>`), or the files they come from (`path`). */
export async function run(invocation: Invocation<ConfigFlags>): Promise<number> {
  const { context, args } = invocation;
  const [what, key, ...rest] = args;
  if (rest.length > 0 || (what !== 'get' && key !== undefined)) throw usage(args);
  const layers = await loadLayers(invocation);
  switch (what) {
    case undefined:
      return showAll(invocation, effectiveSettings(context, layers), layers);
    case 'path':
      return showFiles(invocation, layers);
    case 'get':
      return showOne(invocation, effectiveSettings(context, layers), key);
    default:
      throw usage(args);
  }
}

function usage(args: readonly string[]): RelyableError {
  return new RelyableError('USAGE', `config: expected get <key> or path, got "${args.join(' ')}"`, {
    hint: 'relyable config alone shows every setting',
  });
}

function showAll(
  { terminal }: Invocation<ConfigFlags>,
  settings: Readonly<Record<string, ShownSetting>>,
  layers: readonly ConfigLayer[],
): number {
  if (terminal.isJson) {
    const shown = Object.entries(settings).map(([key, { value = null, origin }]) => [
      key,
      { value, origin },
    ]);
    terminal.json({
      type: 'config',
      v: 1,
      settings: Object.fromEntries(shown),
      files: filesOf(layers),
    });
    return EXIT_SUCCESS;
  }
  const rows = Object.entries(settings).map(
    ([key, { value, origin }]) => [key, formatValue(value) || '(none)', origin] as const,
  );
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  for (const [key, value, origin] of rows) {
    const origins = terminal.style.dim(safeLine(origin));
    terminal.data(`${key.padEnd(width(0))}  ${value.padEnd(Math.min(width(1), 40))}  ${origins}`);
  }
  return EXIT_SUCCESS;
}

function showOne(
  { terminal }: Invocation<ConfigFlags>,
  settings: Readonly<Record<string, ShownSetting>>,
  key: string | undefined,
): number {
  const keys = Object.keys(settings);
  if (key === undefined || !Object.hasOwn(settings, key)) {
    const hint = key === undefined ? undefined : didYouMean(key, keys);
    throw new RelyableError(
      'USAGE',
      key === undefined ? 'config get: expected a setting' : `config get: no setting "${key}"`,
      { hint: hint ?? `one of ${keys.join(', ')}` },
    );
  }
  const { value, origin } = settings[key] as ShownSetting;
  if (terminal.isJson) {
    terminal.json({ type: 'setting', v: 1, key, value: value ?? null, origin });
  } else if (value !== undefined) {
    terminal.raw(`${formatValue(value)}\n`);
  }
  terminal.verbose(`${key}: from ${origin}`);
  return value === undefined ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

function showFiles(
  { context, terminal }: Invocation<ConfigFlags>,
  layers: readonly ConfigLayer[],
): number {
  const files = filesOf(layers);
  if (terminal.isJson) {
    terminal.json({ type: 'config_files', v: 1, files, userFile: userConfigPath(context) });
    return EXIT_SUCCESS;
  }
  for (const { file } of files) terminal.raw(`${file}\n`);
  if (files.length === 0) {
    terminal.info(
      `no config file; relyable init writes one here, and yours would be ${userConfigPath(context)}`,
    );
  }
  return EXIT_SUCCESS;
}

/** Each file once, though a profile makes two layers of it. */
function filesOf(layers: readonly ConfigLayer[]): Array<Pick<ConfigLayer, 'kind' | 'file'>> {
  const byFile = new Map(layers.map(({ kind, file }) => [file, { kind, file }]));
  return [...byFile.values()];
}

function formatValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(formatValue).join(',');
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([name, part]) => `${name}: ${formatValue(part)}`);
    return pairs.join(', ');
  }
  return safeLine(typeof value === 'string' ? value : JSON.stringify(value));
}
