/** Made at the first text that needs it: it loads much. */
let segmenter: Intl.Segmenter | undefined;

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0020-\u007e]*$/;
const ZERO = /^[\p{M}\p{Cf}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;

/** East Asian Wide and Fullwidth (Unicode TR11), as inclusive ranges. */
const WIDE: ReadonlyArray<readonly [number, number]> = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

/** No character before it is wide, or takes no column. */
const SOFT_HYPHEN = 0xad;

/** One column for a variation selector that asks for the emoji form of a narrow character. */
const EMOJI_SELECTOR = '\ufe0f';

/**
 * The maximum number of columns that a text takes in a terminal. Terminals differ on emoji that are
 * joined from several; here each part counts, so that a line that fits does so in every terminal.
 */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < SOFT_HYPHEN || char === EMOJI_SELECTOR) return 1;
  if (ZERO.test(char)) return 0;
  const isWide = WIDE.some(([from, to]) => code >= from && code <= to);
  return isWide || EMOJI.test(char) ? 2 : 1;
}

/** The text followed by spaces up to a number of columns. */
export function padColumns(text: string, columns: number): string {
  return `${text}${' '.repeat(Math.max(0, columns - displayWidth(text)))}`;
}

/** The text truncated to a number of columns, between whole characters, and ended by `ellipsis`. */
export function truncate(text: string, columns: number, ellipsis: string): string {
  if (displayWidth(text) <= columns) return text;
  const left = columns - displayWidth(ellipsis);
  if (left < 0) return '';
  const start = ASCII.test(text) ? text.slice(0, left) : thatFit(charactersOf(text), left).join('');
  return `${start}${ellipsis}`;
}

/** The end of a text in a number of columns, after `ellipsis`; a text that fits is whole. */
export function truncateStart(text: string, columns: number, ellipsis: string): string {
  if (displayWidth(text) <= columns) return text;
  const left = columns - displayWidth(ellipsis);
  if (left < 0) return '';
  const end = ASCII.test(text)
    ? text.slice(text.length - left)
    : thatFit(charactersOf(text).toReversed(), left).toReversed().join('');
  return `${ellipsis}${end}`;
}

/** The first characters that fit a number of columns together. */
function thatFit(characters: readonly string[], columns: number): readonly string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += displayWidth(character)) > columns);
  return end === -1 ? characters : characters.slice(0, end);
}

function charactersOf(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
