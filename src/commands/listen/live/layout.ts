import { Chalk, type ChalkInstance } from 'chalk';
import { type DeliveryHead, formatDeliveryHead } from '../delivery-head.ts';
import { safeLine } from '../../../terminal/safe-text.ts';
import { type Filter, listed, type LiveState } from './state.ts';
import { displayWidth, truncate } from '../../../terminal/width.ts';

/** The properties of the terminal that the layout depends on. */
export interface Look {
  readonly columns: number;
  readonly rows: number;
  readonly style: ChalkInstance;
  readonly isUtc: boolean;
  /** Text with our marks as the terminal's character set has them. */
  readonly legible: (text: string) => string;
}

/** The number of deliveries that are listed, the selected one among them. */
const LIST_ROWS = 5;

const PLAIN = new Chalk({ level: 0 });

const HELP: ReadonlyArray<readonly [key: string, meaning: string]> = [
  ['j k ↑↓', 'select a delivery; Esc: none'],
  ['enter', 'view request, verdict, answer'],
  ['r', 'replay it to your app'],
  ['c', 'copy it as curl, or the address'],
  ['o', 'open its page, or the address'],
  ['u', "copy your app's URL"],
  ['i', 'open the inspector, a page'],
  ['/', 'search; Esc ends a filter'],
  ['f', 'only failures, invalid, a type'],
  ['p', 'pause the lines, not forwarding'],
  ['q', 'quit, like Ctrl-C'],
];

/** The block below the lines; it fits the terminal in width and height. */
export function layout(state: LiveState, look: Look): string[] {
  const status = statusLine(state, look);
  if (look.rows < 4) return [status];
  const publicLine =
    state.publicUrl === null || look.rows < 6 ? [] : [addressLine(state.publicUrl, look)];
  const above = (state.isHelpOpen ? helpLines(look) : listLines(state, look)).slice(
    0,
    look.rows - 3 - publicLine.length,
  );
  return [...above, ...publicLine, status, hintLine(state, look)];
}

/** The address to paste into the dashboard. */
function addressLine(url: string, look: Look): string {
  return look.style.green(fit(`public: ${safeLine(url)}`, look));
}

function fit(text: string, look: Look): string {
  const { legible, columns } = look;
  return truncate(legible(text), columns - 1, legible('…'));
}

/** The first text that fits, else the last one, truncated. */
function pickFitting(texts: readonly string[], look: Look): string {
  const legible = texts.map(look.legible);
  const fitting = legible.find((text) => displayWidth(text) < look.columns);
  return fitting ?? fit(texts.at(-1) ?? '', look);
}

function statusLine(state: LiveState, look: Look): string {
  const { received, invalid, failed } = state;
  const bad = invalid === 0 ? '' : `, ${invalid} invalid`;
  const long = `${received} received${bad}, ${failed} failed`;
  const short = `${received} in${invalid === 0 ? '' : `, ${invalid} bad`}, ${failed} failed`;
  const [whole, host, port] = routes(state);
  const text = pickFitting(
    [
      `${whole}  ${long}`,
      `${host}  ${long}`,
      `${port}  ${long}`,
      `${port}  ${short}`,
      `${state.reach === 'unknown' ? '' : `${state.reach}  `}${short}`,
    ],
    look,
  );
  const { style } = look;
  const colour = failed > 0 || state.reach === 'down' ? style.yellow : style.cyan;
  return colour.bold(text);
}

/** The listener's address and the app's: whole, without schemes, and as ports. */
function routes({ url, target, reach }: LiveState): readonly [string, string, string] {
  const from = new URL(url);
  if (target === null) {
    return [`${url}, no app`, `${from.host}, no app`, `:${from.port}, no app`];
  }
  const to = new URL(target);
  const state = reach === 'unknown' ? '' : ` ${reach}`;
  const short = /^(localhost|127\.|\[)/.test(to.hostname) && to.port !== '' ? '' : to.hostname;
  return [
    `${url} → ${safeLine(target)}${state}`,
    `${from.host} → ${to.host}${state}`,
    `:${from.port} → ${short}${to.port === '' ? '' : `:${to.port}`}${state}`,
  ];
}

function hintLine(state: LiveState, look: Look): string {
  const { style } = look;
  if (state.isStopping) {
    return style.yellow(
      pickFitting(['stopping: waiting for requests in flight; Ctrl-C exits now', 'stopping'], look),
    );
  }
  if (state.isTyping) {
    const text = state.filter.kind === 'search' ? safeLine(state.filter.text) : '';
    return pickFitting([`/${text}_   enter keeps it  Esc ends it`, `/${text}_`], look);
  }
  if (state.notice !== null) return fit(safeLine(state.notice), look);
  const modes = [
    ...(state.isPaused ? ['paused'] : []),
    ...(state.filter.kind === 'all' ? [] : [`only ${describeFilter(state.filter)}`]),
  ];
  const hidden = modes.length === 0 ? '' : `, ${state.hidden} hidden`;
  const mode = modes.length === 0 ? [] : [`${modes.join(', ')}${hidden}`];
  const hints =
    state.selected === null
      ? ['? keys', 'q quit', '↑ select', 'r replay last', 'f filter', '/ search', 'p pause']
      : ['enter view', 'r replay', 'Esc back', 'c curl', 'o open', '? keys', 'q quit'];
  const all = [...mode, ...hints];
  // As many as fit, from the first on.
  const texts = all.map((_, index) => all.slice(0, all.length - index).join('  '));
  const text = pickFitting(texts, look);
  return modes.length === 0 ? style.dim(text) : style.yellow(text);
}

function describeFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'event':
      return safeLine(filter.event);
    case 'search':
      return `/${safeLine(filter.text)}`;
    default:
      return filter.kind;
  }
}

function helpLines(look: Look): string[] {
  return HELP.map(([key, meaning]) => fit(`${key.padEnd(6)}  ${meaning}`, look));
}

/** The selected delivery with its neighbours, or the newest that a filter leaves. A mark shows which it is, for terminals without colour. */
function listLines(state: LiveState, look: Look): string[] {
  const isFiltered = state.filter.kind !== 'all' && !state.isPaused;
  if (state.selected === null && !isFiltered) return [];
  const rows = listed(state);
  const selected = rows.findIndex(({ id }) => id === state.selected);
  const at = selected === -1 ? rows.length - 1 : selected;
  const count = Math.min(LIST_ROWS, Math.max(1, look.rows - 4));
  const first = Math.max(0, Math.min(at - (count >> 1), rows.length - count));
  return rows
    .slice(first, first + count)
    .map((seen) => listLine(seen, seen.id === state.selected, look));
}

function listLine(seen: DeliveryHead, isSelected: boolean, look: Look): string {
  // One column of the terminal stays free, as in every line of the block, and two are the mark's.
  const head = formatDeliveryHead(seen, { ...look, style: PLAIN, columns: look.columns - 3 });
  const text = fit(`${isSelected ? '>' : ' '} ${head}`, look);
  return isSelected ? look.style.inverse(text) : text;
}
