import type { ShownSetting } from '../../config/effective.ts';
import { wrapParts } from '../../terminal/format.ts';
import type { ConfigLayer } from '../../config/load.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';

/** A config file that was read. */
export type ConfigFile = Pick<ConfigLayer, 'kind' | 'file'>;

/** A longer value does not widen the column for the others. */
const WIDEST_VALUE = 40;
const NARROWEST_VALUE = 12;

/** Every setting on a line of its own: key, value, origin. */
export function settingsView(
  settings: Readonly<Record<string, ShownSetting>>,
  files: readonly ConfigFile[],
): View {
  const entries = Object.entries(settings);
  return {
    text: (terminal) => formatTable(entries, terminal),
    json: () => ({
      type: 'config',
      v: 1,
      settings: Object.fromEntries(
        entries.map(([key, { value = null, origin }]) => [key, { value, origin }]),
      ),
      files,
    }),
  };
}

function formatTable(
  entries: ReadonlyArray<readonly [key: string, setting: ShownSetting]>,
  { style, columns }: Pick<Terminal, 'style' | 'columns'>,
): string {
  const rows = entries.map(([key, { value, origin }]) => ({
    key,
    value: formatValue(value) || '(none)',
    origin,
  }));
  const keyWidth = Math.max(...rows.map(({ key }) => key.length));
  const room = Math.max(NARROWEST_VALUE, columns - keyWidth - '    default'.length);
  const widest = Math.max(...rows.map(({ value }) => value.length));
  const valueWidth = Math.min(WIDEST_VALUE, room, widest);
  return rows
    .map(({ key, value, origin }) => {
      const shown = `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}`;
      return wrapParts([shown, style.dim(safeLine(origin))], '    ', columns);
    })
    .join('\n');
}

/** One value alone, for scripts; no text where the setting has none. */
export function settingView(key: string, { value, origin }: ShownSetting): View {
  return {
    isRaw: true,
    text: () => (value === undefined ? null : formatValue(value)),
    json: () => ({ type: 'setting', v: 1, key, value: value ?? null, origin }),
  };
}

/** The paths of the config files, one a line. */
export function filesView(files: readonly ConfigFile[], userFile: string): View {
  return {
    isRaw: true,
    text: () => (files.length === 0 ? null : files.map(({ file }) => file).join('\n')),
    json: () => ({ type: 'config_files', v: 1, files, userFile }),
  };
}

/** A value as text: lists with commas, headers as `Name: value`. */
function formatValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(formatValue).join(',');
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([name, part]) => `${name}: ${formatValue(part)}`);
    return pairs.join(', ');
  }
  return safeLine(typeof value === 'string' ? value : JSON.stringify(value));
}
