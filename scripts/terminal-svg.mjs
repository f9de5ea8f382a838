// Draws the screens of a terminal (xterm's buffer) as SVG. Several screens become an animation. Colours
// follow `prefers-color-scheme`; without animations (`prefers-reduced-motion`) the last screen is shown.

const CELL = { width: 8.4, height: 18, font: 14 };
const PADDING = 12;

const LIGHT = [
  '#24292f',
  '#cf222e',
  '#116329',
  '#7d4e00',
  '#0550ae',
  '#8250df',
  '#1b7c83',
  '#57606a',
];
const DARK = [
  '#e6edf3',
  '#ff7b72',
  '#3fb950',
  '#d29922',
  '#79c0ff',
  '#d2a8ff',
  '#56d4dd',
  '#8b949e',
];

const palette = (colours) => colours.map((colour, index) => `--c${index}:${colour}`).join(';');

const escape = (text) => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

/** The visible rows of a terminal, each as runs of cells that look alike. */
export function readScreen(terminal) {
  const { active } = terminal.buffer;
  const rows = [];
  for (let y = 0; y < terminal.rows; y++) {
    rows.push(readRow(active.getLine(active.baseY + y), terminal.cols));
  }
  while (rows.length > 0 && rows.at(-1).length === 0) rows.pop();
  return rows;
}

function readRow(line, columns) {
  const runs = [];
  for (let x = 0; x < columns; x++) {
    const cell = line?.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const chars = cell.getChars() || ' ';
    const style = styleOf(cell);
    const last = runs.at(-1);
    if (last !== undefined && last.style === style) {
      last.text += chars;
      last.width += cell.getWidth();
    } else runs.push({ x, text: chars, width: cell.getWidth(), style });
  }
  while (runs.length > 0 && runs.at(-1).text.trim() === '' && !runs.at(-1).style.includes('i')) {
    runs.pop();
  }
  return runs;
}

/** Class names: a colour (`k1` to `k7`), bold, dim, inverse. */
function styleOf(cell) {
  const colour = cell.isFgPalette() ? cell.getFgColor() % 8 : 0;
  return [
    ...(colour === 0 ? [] : [`k${colour}`]),
    ...(cell.isBold() ? ['b'] : []),
    ...(cell.isDim() ? ['d'] : []),
    ...(cell.isInverse() ? ['i'] : []),
  ].join(' ');
}

function drawRow(runs) {
  return runs
    .map(({ x, text, width, style }) => {
      const left = (x * CELL.width).toFixed(1);
      const length = (width * CELL.width).toFixed(1);
      const isInverse = style.split(' ').includes('i');
      const box = isInverse
        ? `<rect x="${left}" y="-14" width="${length}" height="${CELL.height}" class="x"/>`
        : '';
      const names = style === '' ? '' : ` class="${style}"`;
      return `${box}<text x="${left}" textLength="${length}"${names}>${escape(text)}</text>`;
    })
    .join('');
}

/**
 * An SVG of screens as `readScreen` reads them, each with how long it is shown (ms). `title` is what a
 * reader of the page is told.
 */
export function drawSvg(screens, { columns, title }) {
  const rows = Math.max(...screens.map(({ lines }) => lines.length));
  const width = Math.round(columns * CELL.width + 2 * PADDING);
  const height = rows * CELL.height + 2 * PADDING;
  const drawn = new Map();
  const idOf = (runs) => {
    const text = drawRow(runs);
    if (!drawn.has(text)) drawn.set(text, `r${drawn.size}`);
    return drawn.get(text);
  };
  const frames = screens.map(({ lines }, index) => {
    const uses = lines.flatMap((runs, y) =>
      runs.length === 0
        ? []
        : [`<use href="#${idOf(runs)}" x="${PADDING}" y="${PADDING + 14 + y * CELL.height}"/>`],
    );
    return `<g class="f f${index}">${uses.join('')}</g>`;
  });
  const rowsDrawn = [...drawn].map(([text, id]) => `<g id="${id}">${text}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    `<style>${styleSheet(screens)}</style>`,
    `<rect width="${width}" height="${height}" rx="8" class="bg"/>`,
    `<defs>${rowsDrawn.join('\n')}</defs>`,
    ...frames,
    '</svg>',
    '',
  ].join('\n');
}

function styleSheet(screens) {
  const colours = Array.from({ length: 7 }, (_, n) => `.k${n + 1}{fill:var(--c${n + 1})}`);
  return [
    `svg{${palette(LIGHT)};--bg:#f6f8fa}`,
    `@media(prefers-color-scheme:dark){svg{${palette(DARK)};--bg:#0d1117}}`,
    `text{font:${CELL.font}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:var(--c0)}`,
    `.bg{fill:var(--bg);stroke:var(--c7);stroke-opacity:.4}`,
    ...colours,
    '.b{font-weight:700}.d{opacity:.65}.x{fill:var(--c0)}.i{fill:var(--bg)}',
    ...(screens.length === 1 ? [] : animation(screens)),
  ].join('\n');
}

/** Each screen is visible for its part of the time, one after the other. */
function animation(screens) {
  const total = screens.reduce((sum, { ms }) => sum + ms, 0);
  const rules = ['.f{visibility:hidden}'];
  let from = 0;
  for (const [index, { ms }] of screens.entries()) {
    const percent = (time) => ((time / total) * 100).toFixed(2);
    const [start, end] = [percent(from), percent(from + ms)];
    const before = from === 0 ? '' : `0%{visibility:hidden}`;
    const after = from + ms === total ? '' : `${end}%{visibility:hidden}`;
    rules.push(
      `@keyframes a${index}{${before}${start}%{visibility:visible}${after}}`,
      `.f${index}{animation:a${index} ${total}ms step-end infinite}`,
    );
    from += ms;
  }
  const last = screens.length - 1;
  rules.push(
    `@media(prefers-reduced-motion:reduce){.f{animation:none}.f${last}{visibility:visible}}`,
  );
  return rules;
}
