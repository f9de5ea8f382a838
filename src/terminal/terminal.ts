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
  /** false with `--no-color`. */
  readonly color?: boolean;
  /** false with `--no-input`. */
  readonly input?: boolean;
  readonly utc?: boolean;
}

/** An object of our JSON output. It begins with its type and version. */
export interface JsonObject {
  readonly type: string;
  readonly v: 1;
  readonly [key: string]: unknown;
}

/** Something to show, in a form for people and one for programs. */
export interface View {
  /** The text, safe and styled for this terminal; null shows nothing. */
  text(terminal: Terminal): string | null;
  /** The object for `--json`; null prints nothing. */
  json(): JsonObject | null;
  /** If set, the text is for other programs, too, and is written byte for byte like `Terminal.raw`. */
  readonly isRaw?: true;
}

/** The output of commands: data to stdout, everything else to stderr. */
export interface Terminal {
  /** Shows data on stdout: its text, or with `--json` its object on one line. */
  show(view: View): void;
  /** Shows a view that is not data: its text on stderr, or with `--json` its object on stdout. */
  note(view: View): void;
  /** The output of `show` for a view, without the final newline; null if there is none. */
  render(view: View): string | null;
  /** Writes one line (or block) of data for people to stdout, made legible. Not called with `--json`. */
  data(text: string): void;
  /**
   * Writes output for other programs to stdout, byte for byte. If stdout is a terminal, bytes that it would act
   * on are written as visible escapes, and a note on stderr says so.
   */
  raw(content: string | Uint8Array): void;
  /** Writes one JSON object on one line to stdout. */
  json(object: JsonObject): void;
  /**
   * Resolves once everything printed was written to stdout or has failed, and other events (Ctrl-C, a closed
   * pipe) were handled. A loop that prints much must await it in each iteration.
   */
  taken(): Promise<void>;
  /** Writes text for people to stderr; silent with `--quiet`. */
  info(text: string): void;
  /** Writes `warning: …` to stderr; silent with `--quiet`. */
  warn(text: string): void;
  /** Writes to stderr, only with `--verbose`. */
  verbose(text: string): void;
  /** Colours for stdout. */
  readonly style: ChalkInstance;
  /** Colours for stderr. */
  readonly errorStyle: ChalkInstance;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** Whether spinners and live views may be drawn on stderr: it is a terminal with a known width, and we are in the foreground. */
  readonly isLive: boolean;
  /** Whether questions may be asked. */
  readonly mayPrompt: boolean;
  /** Whether times are shown in UTC instead of the local zone. Pass it to `formatTime`. */
  readonly isUtc: boolean;
  /** A hyperlink for stdout if the terminal supports hyperlinks, or else the text alone. */
  link(text: string, url: string): string;
  /**
   * Replaces our marks (✓ ✗ →) with words if the character set of the locale lacks them. `data`, `info`, `warn`
   * and `verbose` call it themselves.
   */
  legible(text: string): string;
  /** Whether the locale's character set has our marks. */
  readonly isUtf8: boolean;
  /** The width to which text is wrapped. Infinity if it is not known, so that output to a pipe has whole lines. */
  readonly columns: number;
}

export function createTerminal(context: Context, options: TerminalOptions): Terminal {
  const { env, stdout, stderr } = context;
  const isJson = options.json === true;
  const isQuiet = options.quiet === true;
  const isVerbose = options.verbose === true;
  const isBuild = isCi(env);
  // Read once, because each line needs the width, and reading the environment takes a microsecond.
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

/** Creates a function that writes to a terminal, escapes the bytes that it would act on, and tells `info` the first time. */
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
  // In this order, so that stdin is opened only if it is needed.
  return context.stderr.isTTY === true && context.stdin.isTTY === true && context.isForeground();
}

/** Whether a stream is a terminal on which text can be redrawn in place. */
function canBeRedrawn(stream: OutputStream, env: Context['env']): boolean {
  return stream.isTTY === true && columnsOf(stream) !== undefined && env['TERM'] !== 'dumb';
}

/** The colour level of a stream. chalk's own detection ignores NO_COLOR and checks only stdout. */
function colorLevel(
  context: Context,
  options: TerminalOptions,
  stream: OutputStream,
): ColorSupportLevel {
  const { env } = context;
  if (options.color === false || options.json === true || isSet(env['NO_COLOR'])) return 0;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] === '0' ? 0 : 1;
  if (stream.isTTY !== true || isCi(env) || env['TERM'] === 'dumb') return 0;
  // The 16 standard colours follow the user's theme, light or dark. More are not needed.
  return 1;
}
