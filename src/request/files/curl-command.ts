import { type HeaderPair, isSameHeader, TOKEN } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { type InputItem, type ReadBeside, toUnreadable, unreadable } from './input.ts';
import { toPath } from './request-target.ts';
import {
  OpenVariable,
  printfOutput,
  readCmdCommands,
  readPosixCommands,
  type ShellCommand,
} from './shell-words.ts';

/** curl's short options that take a value. */
const SHORT_WITH_VALUE = /[XHdAebuoFTUmxKwcCDEYyzrPQtB]/;

/** Long options without a value that occur in recorded commands. Any other long option takes a value. */
const LONG_FLAGS: ReadonlySet<string> = new Set([
  'compressed',
  'insecure',
  'silent',
  'show-error',
  'include',
  'location',
  'verbose',
  'fail',
  'fail-with-body',
  'globoff',
  'path-as-is',
  'get',
  'head',
  'http1.0',
  'http1.1',
  'http2',
  'http2-prior-knowledge',
  'http3',
  'ipv4',
  'ipv6',
  'no-buffer',
  'no-keepalive',
  'no-progress-meter',
  'progress-bar',
  'tcp-nodelay',
  'tlsv1.2',
  'tlsv1.3',
  'tr-encoding',
  'next',
  'raw',
  'parallel',
]);

/** Whether a text begins with a curl command, after comments and a prompt. */
export function isCurlScript(start: string): boolean {
  const first = start.split(/\r?\n/).find((line) => !/^\s*(#.*)?$/.test(line)) ?? '';
  if (/^\s*[$>%]?\s*curl(\.exe)?[\s^]/.test(first)) return true;
  // Our own format for a large body: its pipe into curl may come much later.
  if (first.startsWith("printf '%b' '")) return true;
  const isLeadIn = /^\s*(printf|echo|cat|set|export|@echo|[A-Za-z_]\w*=)/.test(first);
  return isLeadIn && /(^|[|&;\n]\s*(\\\n\s*)?)curl\s/.test(start);
}

/** The requests that the curl commands of a script send, as bytes; bash and cmd.exe quoting. */
export function* parseCurlScript(
  bytes: Buffer,
  source: string,
  readBeside: ReadBeside,
): Generator<InputItem> {
  const script = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const isCmd = /\^\r?\n|\^"/.test(script);
  let commands: ShellCommand[];
  try {
    commands = isCmd ? readCmdCommands(script) : readPosixCommands(withoutPrompts(script));
  } catch (error) {
    if (!(error instanceof OpenVariable)) throw error;
    throw unreadable(
      source,
      'curl command',
      `expected values, got $${error.variable}, which the script does not set`,
      'write the value that was sent in its place',
    );
  }
  let number = 0;
  for (const command of commands) {
    const at = command.words.findIndex((word) => /^curl(\.exe)?$/.test(word));
    if (at === -1) continue;
    number += 1;
    try {
      yield readCommand({ ...command, words: command.words.slice(at + 1) }, readBeside, (problem) =>
        unreadable(source, `curl command ${number}`, problem),
      );
    } catch (error) {
      yield toUnreadable(error);
    }
  }
}

function withoutPrompts(script: string): string {
  return script.replace(/^[ \t]*[$%>] (?=curl\s)/gm, '');
}

type Refuse = (problem: string) => Error;

function readCommand(command: ShellCommand, readBeside: ReadBeside, refuse: Refuse): InputItem {
  const read = new CurlOptions(command, readBeside, refuse);
  for (const [name, value] of splitOptions(command.words)) read.add(name, value);
  return read.request();
}

/** Options as `[name, value]`; a URL has the name `url`. */
function* splitOptions(words: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word.startsWith('--')) {
      const [, name = '', inline] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
      if (LONG_FLAGS.has(name) || name.startsWith('no-')) yield [name, ''];
      else yield [name, inline ?? words[++at] ?? ''];
    } else if (/^-[A-Za-z#0-9]/.test(word)) {
      for (let letter = 1; letter < word.length; letter++) {
        const name = word[letter] ?? '';
        if (!SHORT_WITH_VALUE.test(name)) {
          yield [name, ''];
          continue;
        }
        yield [name, letter + 1 < word.length ? word.slice(letter + 1) : (words[++at] ?? '')];
        break;
      }
    } else {
      yield ['url', word];
    }
  }
}

/** The request that the options of one command describe. */
class CurlOptions {
  private method: string | null = null;
  private url: string | null = null;
  private readonly headers: HeaderPair[] = [];
  private readonly data: string[] = [];
  private isJson = false;
  private isGet = false;
  private readonly command: ShellCommand;
  private readonly readBeside: ReadBeside;
  private readonly refuse: Refuse;

  constructor(command: ShellCommand, readBeside: ReadBeside, refuse: Refuse) {
    this.command = command;
    this.readBeside = readBeside;
    this.refuse = refuse;
  }

  add(name: string, value: string): void {
    switch (name) {
      case 'url':
        this.url ??= value;
        break;
      case 'X':
      case 'request':
        this.method = value;
        break;
      case 'H':
      case 'header':
        this.addHeader(value);
        break;
      case 'A':
      case 'user-agent':
        this.addHeader(`User-Agent: ${value}`);
        break;
      case 'b':
      case 'cookie':
        this.addHeader(`Cookie: ${value}`);
        break;
      case 'G':
      case 'get':
      case 'I':
      case 'head':
        this.isGet = true;
        break;
      case 'json':
        this.isJson = true;
        this.data.push(this.content(value, false));
        break;
      case 'd':
      case 'data':
      case 'data-ascii':
        this.data.push(this.content(value, true));
        break;
      case 'data-binary':
        this.data.push(this.content(value, false));
        break;
      case 'data-raw':
        this.data.push(value);
        break;
      case 'F':
      case 'form':
      case 'T':
      case 'upload-file':
      case 'data-urlencode':
        throw this.refuse(
          `expected a body in --data, --data-binary or --json, got ${name.length > 1 ? '--' : '-'}${name}, whose bytes curl makes`,
        );
    }
  }

  private addHeader(line: string): void {
    const [, name = '', mark, value = ''] = /^([^:;]*)([:;])([^]*)$/.exec(line) ?? [];
    // `Name:` removes one of curl's own headers; `Name;` sends a header with an empty value.
    if (mark === ':' && value.trim() === '') return;
    if (!TOKEN.test(name) || !HEADER_VALUE.test(value)) {
      const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
      throw this.refuse(`expected a header such as "Name: value", got ${JSON.stringify(shown)}`);
    }
    this.headers.push([name, value.trim()]);
  }

  /** A value, or the content of the file for `@file`. `--data` drops the line ends of the file. */
  private content(value: string, dropsLineEnds: boolean): string {
    if (!value.startsWith('@')) return value;
    const text = value === '@-' ? this.piped() : this.readBeside(value.slice(1)).toString('latin1');
    // oxlint-disable-next-line no-control-regex
    return dropsLineEnds ? text.replace(/[\r\n\0]/g, '') : text;
  }

  private piped(): string {
    const { stdin, pipedFrom } = this.command;
    const [name, file] = pipedFrom ?? [];
    const output = stdin ?? printfOutput(pipedFrom ?? []);
    if (output !== null) return output;
    if (name === 'cat' && file !== undefined) return this.readBeside(file).toString('latin1');
    throw this.refuse('expected the body of @- in the script (printf, echo, cat or <<), got none');
  }

  request(): InputItem {
    if (this.url === null) throw this.refuse('expected a URL, got none');
    const body = Buffer.from(this.data.join('&'), 'latin1');
    const method = this.method ?? (this.data.length > 0 && !this.isGet ? 'POST' : 'GET');
    if (body.length === 0 && method === 'GET') return { kind: 'skipped', why: 'a GET' };
    const has = (name: string): boolean => this.headers.some(([own]) => isSameHeader(own, name));
    const type = this.isJson ? 'application/json' : 'application/x-www-form-urlencoded';
    if (!has('Content-Type') && body.length > 0) this.headers.push(['Content-Type', type]);
    return {
      kind: 'request',
      request: { method, path: toPath(this.url), httpVersion: '1.1', headers: this.headers, body },
      note: null,
    };
  }
}
