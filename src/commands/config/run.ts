import type { Invocation } from '../../invocation.ts';
import { effectiveSettings, type ShownSetting } from '../../config/effective.ts';
import { type ConfigLayer, userConfigPath } from '../../config/load.ts';
import { SETTING_KEYS, type SettingKey } from '../../config/settings.ts';
import { parseOneOf } from '../../config/values.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { type ConfigFile, filesView, settingsView, settingView } from './view.ts';

/** Shows all settings, one (`get <key>`), or the files they come from (`path`). */
export async function run(invocation: Invocation<unknown>): Promise<number> {
  const { context, terminal, args } = invocation;
  const [what, key] = args;
  if (what !== undefined && what !== 'get' && (what !== 'path' || key !== undefined)) {
    throw new RelyableError(
      'USAGE',
      `config: expected get <key> or path, got "${args.join(' ')}"`,
      { hint: 'relyable config alone shows every setting' },
    );
  }
  const { layers } = await readConfig(invocation);
  const files = filesOf(layers);
  switch (what) {
    case 'path':
      return showFiles(invocation, files);
    case 'get':
      return showOne(invocation, effectiveSettings(context, layers), key);
    default:
      terminal.show(settingsView(effectiveSettings(context, layers), files));
      return EXIT_SUCCESS;
  }
}

function showOne(
  { terminal }: Invocation<unknown>,
  settings: Readonly<Record<SettingKey, ShownSetting>>,
  given: string | undefined,
): number {
  if (given === undefined) {
    throw new RelyableError('USAGE', 'config get: expected a setting, got none', {
      hint: `one of ${SETTING_KEYS.join(', ')}`,
    });
  }
  const key = parseOneOf(SETTING_KEYS)(given, 'config get');
  const setting = settings[key];
  terminal.show(settingView(key, setting));
  terminal.verbose(`${key}: from ${setting.origin}`);
  return setting.value === undefined ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

function showFiles(
  { context, terminal }: Invocation<unknown>,
  files: readonly ConfigFile[],
): number {
  const userFile = userConfigPath(context);
  terminal.show(filesView(files, userFile));
  if (files.length === 0 && !terminal.isJson) {
    terminal.info(
      `no config file; relyable init writes one here, and your own would be ${userFile}`,
    );
  }
  return EXIT_SUCCESS;
}

/** Each file once, though a profile makes two layers of it. */
function filesOf(layers: readonly ConfigLayer[]): ConfigFile[] {
  const byFile = new Map(layers.map(({ kind, file }) => [file, { kind, file }]));
  return [...byFile.values()];
}
