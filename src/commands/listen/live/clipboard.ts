type Environment = Readonly<Record<string, string | undefined>>;

/** Some terminals silently drop larger texts. */
const MAX_BYTES = 64 * 1024;

const PROGRAMS: ReadonlySet<string> = new Set(['WezTerm', 'ghostty', 'vscode']);

/**
 * The control sequence (OSC 52) that puts a text on the clipboard; undefined where the text is too
 * large or the terminal is not known to support it. Terminal multiplexers keep the sequence for
 * themselves.
 */
export function clipboardSequence(text: string, env: Environment): string | undefined {
  if (env['TMUX'] || env['STY'] || Buffer.byteLength(text) > MAX_BYTES) return undefined;
  const isKnown =
    env['WT_SESSION'] ||
    env['KITTY_WINDOW_ID'] ||
    ['xterm-kitty', 'alacritty', 'foot'].includes(env['TERM'] ?? '') ||
    PROGRAMS.has(env['TERM_PROGRAM'] ?? '');
  if (!isKnown) return undefined;
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}
