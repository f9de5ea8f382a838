import { safeLine } from '../../terminal/safe-text.ts';
import type { View } from '../../terminal/terminal.ts';

/** Where the page is. The address holds the token, so it is shown whole. */
export function inspectReadyView(url: string, store: string): View {
  return {
    text: ({ errorStyle: style }) =>
      [
        `${style.bold('Inspector at')} ${style.cyan(url)}`,
        style.dim(`  store ${safeLine(store)}; Ctrl-C stops`),
      ].join('\n'),
    json: () => ({ type: 'ready', v: 1, url, store }),
  };
}
