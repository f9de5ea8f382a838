import { isCi } from '../system/ci.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Values of `TERM_PROGRAM` that are known to support OSC 8 hyperlinks, with the first version that does. */
const PROGRAMS: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  'iTerm.app': [3, 1],
  WezTerm: [0, 0],
  vscode: [1, 72],
  ghostty: [0, 0],
  Hyper: [4, 0],
  rio: [0, 0],
};

/**
 * Whether the terminal is known to support OSC 8 hyperlinks. Most other terminals ignore them, but a
 * multiplexer or a log shows them as garbage, so unknown terminals get none. `FORCE_HYPERLINK` (0 or 1)
 * overrides the detection.
 */
export function hasHyperlinks(env: Environment, isTty: boolean): boolean {
  const forced = env['FORCE_HYPERLINK'];
  if (forced !== undefined && forced !== '') return forced !== '0';
  if (!isTty || isCi(env) || env['TERM'] === 'dumb') return false;
  if (env['TMUX'] || env['STY']) return false;
  if (env['WT_SESSION'] || env['KITTY_WINDOW_ID'] || env['DOMTERM']) return true;
  if (env['TERM'] === 'xterm-kitty' || env['TERM'] === 'alacritty') return true;
  // VTE 0.50.0 itself crashed on them.
  if (Number(env['VTE_VERSION'] ?? 0) > 5000) return true;
  const since = PROGRAMS[env['TERM_PROGRAM'] ?? ''];
  if (since === undefined) return false;
  const [major = 0, minor = 0] = (env['TERM_PROGRAM_VERSION'] ?? '').split('.').map(Number);
  return major > since[0] || (major === since[0] && minor >= since[1]);
}

/** Creates `link(text, url)`. It returns a hyperlink if hyperlinks are supported and the URL is http(s), or else the text. */
export function createLinker(
  env: Environment,
  isTty: boolean,
): (text: string, url: string) => string {
  const isOn = hasHyperlinks(env, isTty);
  return (text, url) => {
    const href = isOn ? webAddress(url) : undefined;
    return href === undefined ? text : `\u001B]8;;${href}\u001B\\${text}\u001B]8;;\u001B\\`;
  };
}

/** The normalised URL; undefined unless it is http(s) and free of characters that a terminal acts on. */
function webAddress(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url);
    // oxlint-disable-next-line no-control-regex
    const isSafe = !/[\u0000-\u001f\u007f-\u009f]/.test(href);
    return isSafe && (protocol === 'http:' || protocol === 'https:') ? href : undefined;
  } catch {
    return undefined;
  }
}
