import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import { isCi } from '../system/ci.ts';
import type { Context, OutputStream } from '../system/context.ts';
import { createLegible, isUtf8Locale } from './charset.ts';
import { columnsOf, givenColumns } from './columns.ts';
import { createLinker } from './hyperlink.ts';
import { formatNote, formatWarning } from './error.ts';
import { safeText, showBytes } from './safe-text.ts';
import { safeJson } from '../json/safe-json.ts';

/** The global options that decide how things are printed. */
export interface TerminalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** false under `--no-color`. */
  readonly color?: boolean;
  /** false under `--no-input`. */
  readonly input?: boolean;
  readonly utc?: boolean;
}

/** An object of our JSON: its type and version first. */
export interface JsonObject {
  readonly type: string;
  readonly v: 1;
  readonly [key: string]: unknown;
}

/** One thing to show, for people and for programs. */
export interface View {
  /** The text, safe and styled for the terminal given; null shows nothing. */
  text(terminal: Terminal): string | null;
  /** The object of `--json`; null prints nothing. */
  json(): JsonObject | null;
  /** The text is for other programs as well: shown byte for byte, as `Terminal.raw` does. */
  readonly isRaw?: true;
}

/** Where commands print: data to stdout, everything else to stderr. */
export interface Terminal {
  /** Shows data on stdout: its text, or under `--json` its object on one line. */
  show(view: View): void;
  /** Shows what is not data: its text on stderr, or under `--json` its object on stdout. */
  note(view: View): void;
  /** What `show` prints of a view, without the newline at its end; null where that is nothing. */
  render(view: View): string | null;
  /** One line (or block) of data for people, to stdout, made legible. Not called under `--json`. */
  data(text: string): void;
  /**
   * What is for other programs, to stdout: byte for byte. A terminal would act on some bytes, so
   * there they are visible escapes, and stderr says so.
   */
  raw(content: string | Uint8Array): void;
  /** One JSON object on one line, to stdout. */
  json(object: JsonObject): void;
  /**
   * Resolves once stdout has taken all that was printed, or has failed, and other events (a Ctrl-C,
   * a closed pipe) have been handled. A loop that prints much awaits it in each round.
   */
  taken(): Promise<void>;
  /** For people, to stderr; silent under `--quiet`. */
  info(text: string): void;
  /** `warning: …` to stderr; silent under `--quiet`. */
  warn(text: string): void;
  /** To stderr, only under `--verbose`. */
  verbose(text: string): void;
  /** Colours for stdout. */
  readonly style: ChalkInstance;
  /** Colours for stderr. */
  readonly errorStyle: ChalkInstance;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** Spinners and live views may be drawn on stderr: a terminal that knows its width, in the foreground. */
  readonly isLive: boolean;
  /** Questions may be asked. */
  readonly mayPrompt: boolean;
  /** Times are shown in UTC instead of the local zone: pass it to `formatTime`. */
  readonly isUtc: boolean;
  /** Text for stdout as a hyperlink where the terminal has hyperlinks, else the text alone. */
  link(text: string, url: string): string;
  /**
   * Text for people with our marks (✓ ✗ →) as words where the locale's character set has none.
   * `data`, `info`, `warn` and `verbose` apply it themselves.
   */
  legible(text: string): string;
  /** Whether the locale's character set has our marks. */
  readonly isUtf8: boolean;
  /** Columns that text is wrapped to; Infinity where none are known, so that lines can be searched. */
  readonly columns: number;
}

export function createTerminal(context: Context, options: TerminalOptions): Terminal {
  const { env, stdout, stderr } = context;
  const isJson = options.json === true;
  const isQuiet = options.quiet === true;
  const isVerbose = options.verbose === true;
  const isBuild = isCi(env);
  // Read once: a look at the environment takes a microsecond, and each line asks for the width.
  const given = givenColumns(env);
  const level = (stream: OutputStream): ColorSupportLevel => colorLevel(context, options, stream);
  const errorStyle = new Chalk({ level: level(stderr) });
  const legible = createLegible(env, context.platform);
  const errorLine = (text: string): void => {
    stderr.write(`${legible(text)}\n`);
  };
  const info = (text: string): void => {
    if (!isQuiet) errorLine(formatNote(text, columnsOf(stderr) ?? given));
  };
  const data = (text: string): void => {
    stdout.write(`${legible(text)}\n`);
  };
  const json = (object: JsonObject): void => {
    stdout.write(`${safeJson(object)}\n`);
  };
  return {
    show(view) {
      if (view.isRaw !== true || isJson) {
        writeLine(stdout, this.render(view));
        return;
      }
      const text = view.text(this);
      if (text !== null) this.raw(`${text}\n`);
    },
    note(view) {
      if (isJson) writeLine(stdout, this.render(view));
      else if (!isQuiet) writeLine(stderr, this.render(view));
    },
    render(view) {
      return renderView(view, this);
    },
    data,
    raw:
      stdout.isTTY === true
        ? createRawWriter(stdout, legible, info)
        : (content) => void stdout.write(content),
    json,
    taken: () =>
      new Promise((resolve) => {
        stdout.write('', () => setImmediate(resolve));
      }),
    info,
    warn: (text) => {
      if (!isQuiet) errorLine(formatWarning(text, errorStyle, columnsOf(stderr) ?? given));
    },
    verbose: (text) => {
      if (isVerbose) errorLine(errorStyle.dim(safeText(text)));
    },
    style: new Chalk({ level: level(stdout) }),
    errorStyle,
    isJson,
    isQuiet,
    isVerbose,
    isUtc: options.utc === true,
    isUtf8: isUtf8Locale(env, context.platform),
    legible,
    link: createLinker(env, stdout.isTTY === true && !isJson),
    get isLive() {
      const isWanted = !isBuild && !isJson && !isQuiet;
      return isWanted && canBeRedrawn(stderr, env) && context.isForeground();
    },
    get mayPrompt() {
      return options.input !== false && !isBuild && !isJson && canBeAsked(context);
    },
    get columns() {
      return columnsOf(stdout) ?? given ?? Infinity;
    },
  };
}

/** Writes bytes with escapes in place of what a terminal acts on, and reports the first to `info`. */
function createRawWriter(
  stdout: OutputStream,
  legible: Terminal['legible'],
  info: Terminal['info'],
): Terminal['raw'] {
  let hasToldOfEscapes = false;
  return (content) => {
    const { text, isExact } = showBytes(content);
    const shown = legible(text);
    stdout.write(shown);
    if ((isExact && shown === text) || hasToldOfEscapes) return;
    hasToldOfEscapes = true;
    info('some of it is shown as escapes such as \\u{1b}; a pipe or a file gets the exact bytes');
  };
}

function renderView(view: View, terminal: Terminal): string | null {
  if (terminal.isJson) {
    const object = view.json();
    return object === null ? null : safeJson(object);
  }
  const text = view.text(terminal);
  return text === null ? null : terminal.legible(text);
}

function writeLine(stream: OutputStream, line: string | null): void {
  if (line !== null) stream.write(`${line}\n`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** Whether stderr and stdin are terminals in the foreground, where a question can be seen and answered. */
function canBeAsked(context: Context): boolean {
  // In this order: stdin is opened only where it is needed.
  return context.stderr.isTTY === true && context.stdin.isTTY === true && context.isForeground();
}

/** Whether a stream is a terminal where text can be drawn again in place. */
function canBeRedrawn(stream: OutputStream, env: Context['env']): boolean {
  return stream.isTTY === true && columnsOf(stream) !== undefined && env['TERM'] !== 'dumb';
}

/** chalk's own detection ignores NO_COLOR and looks at stdout only, so the level is decided here. */
function colorLevel(
  context: Context,
  options: TerminalOptions,
  stream: OutputStream,
): ColorSupportLevel {
  const { env } = context;
  if (options.color === false || options.json === true || isSet(env['NO_COLOR'])) return 0;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] === '0' ? 0 : 1;
  if (stream.isTTY !== true || isCi(env) || env['TERM'] === 'dumb') return 0;
  // The 16 standard colours follow the user's theme, light or dark; nothing here needs more.
  return 1;
}
