import type { View } from '../../terminal/terminal.ts';
import type { PageName } from './options.ts';

/** A page with its address. */
export interface Page {
  readonly name: PageName;
  readonly url: string;
  /** Where to click from there, for pages whose own address is not published. */
  readonly click: string | null;
}

/** The address alone, as a link where the terminal has links. */
export function pageView({ name, url, click }: Page): View {
  return {
    text: ({ link }) => link(url, url),
    json: () => ({ type: 'page', v: 1, page: name, url, click }),
  };
}
