/** Created on first use, because creating it is slow. */
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

/** All characters before this one take one column. */
const SOFT_HYPHEN = 0xad;

/** The variation selector that requests the emoji form of a character; counted as one column. */
const EMOJI_SELECTOR = '\ufe0f';

/**
 * The maximum number of columns that a text takes in a terminal. Terminals differ in the width of joined
 * emoji. Here each part counts, so that a line that fits, fits in every terminal.
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

/** The text, padded with spaces to a number of columns. */
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

/** The text truncated at its start to a number of columns, with `ellipsis` before the rest. A text that fits is unchanged. */
export function truncateStart(text: string, columns: number, ellipsis: string): string {
  if (displayWidth(text) <= columns) return text;
  const left = columns - displayWidth(ellipsis);
  if (left < 0) return '';
  const end = ASCII.test(text)
    ? text.slice(text.length - left)
    : thatFit(charactersOf(text).toReversed(), left).toReversed().join('');
  return `${ellipsis}${end}`;
}

/** The first characters that together fit into a number of columns. */
function thatFit(characters: readonly string[], columns: number): readonly string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += displayWidth(character)) > columns);
  return end === -1 ? characters : characters.slice(0, end);
}

function charactersOf(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
