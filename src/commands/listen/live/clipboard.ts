type Environment = Readonly<Record<string, string | undefined>>;

/** Larger texts are dropped by some terminals without a word. */
const MAX_BYTES = 64 * 1024;

const PROGRAMS: ReadonlySet<string> = new Set(['WezTerm', 'ghostty', 'vscode']);

/**
 * What makes the terminal put a text on the clipboard (OSC 52); undefined where it is not known to
 * do that, or the text is too large. Multiplexers take the sequence for themselves.
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
