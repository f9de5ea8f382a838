import { type HeaderPair, TOKEN } from '../request.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { type Environments, readEnvironments } from './http-environments.ts';
import { type InputItem, type ReadBeside, toUnreadable, unreadable } from './input.ts';
import { toPath } from './request-target.ts';
import { Variables } from './variables.ts';

const METHOD = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/;
const ASSIGNMENT = /^@([\w.-]+)\s*=\s*(.*)$/;
const FILE_BODY = /^<(@\w*)?\s+(?!\{%)(\S.*)$/;
/** Lines that end a body: a response handler, a file for the response, or a reference to an earlier response. */
const AFTER_BODY = /^(> (\{%|\S)|>>!? \S|<> \S)/;

const NO_ENVIRONMENTS: Environments = { values: new Map(), differing: new Map() };

/** Whether the requests of a text are written for the HTTP client of an editor. */
export function isEditorFile(text: string): boolean {
  const lines = text.split(/\r?\n/, 500);
  const at = lines.findIndex((line) => line.trim() !== '' && !/^(#|\/\/)/.test(line));
  const first = lines[at] ?? '';
  if (ASSIGNMENT.test(first) || /^<\s*\{%/.test(first)) return true;
  const [method = '', url = '', version] = first.trim().split(/\s+/);
  if (/^https?:\/\/\S+$|^\{\{/.test(first.trim())) return true;
  if (!METHOD.test(method) || url === '') return false;
  if (version === undefined) return true;
  const end = lines.indexOf('', at);
  const head = lines.slice(at, end === -1 ? undefined : end);
  // A recording has a Content-Length. A request that is written for an editor does not.
  if (head.some((line) => /^content-length:/i.test(line))) return false;
  return (
    lines.some((line) => AFTER_BODY.test(line) || FILE_BODY.test(line)) ||
    head.some((line) => /\{\{\s*[\w$.-]+\s*\}\}/.test(line))
  );
}

/**
 * The requests of an `.http` file as VS Code's REST Client and IntelliJ send them. Requests are
 * separated by `###`; variables are replaced, `< file` is read, and scripts are left out.
 */
export function* parseEditorFile(
  bytes: Buffer,
  source: string,
  readBeside: ReadBeside,
): Generator<InputItem> {
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined) values.set(name, (value ?? '').trim());
  }
  const environments = text.includes('{{') ? readEnvironments(readBeside) : NO_ENVIRONMENTS;
  // The variables of the file itself override those of its environments.
  const variables = new Variables(new Map([...environments.values, ...values]), true);
  let number = 0;
  for (const block of text.split(/^###.*(?:\r?\n|$)/m)) {
    const lines = withoutPreamble(block);
    if (lines.length === 0) continue;
    number += 1;
    try {
      const place = `request ${number}`;
      yield new EditorRequest(place, source, variables, environments, readBeside).read(lines);
    } catch (error) {
      yield toUnreadable(error);
    }
  }
}

/** A block's lines, each with its line end, from its request line on. */
function withoutPreamble(block: string): string[] {
  const lines = block.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  let isScript = false;
  const at = lines.findIndex((line) => {
    const text = line.trim();
    if (isScript) {
      isScript = !text.includes('%}');
      return false;
    }
    if (/^<\s*\{%/.test(text)) {
      isScript = !text.includes('%}');
      return false;
    }
    return text !== '' && !/^(#|\/\/|@[\w.-]+\s*=|< \S)/.test(text);
  });
  return at === -1 ? [] : lines.slice(at);
}

class EditorRequest {
  private readonly place: string;
  private readonly source: string;
  private readonly variables: Variables;
  private readonly environments: Environments;
  private readonly readBeside: ReadBeside;

  constructor(
    place: string,
    source: string,
    variables: Variables,
    environments: Environments,
    readBeside: ReadBeside,
  ) {
    this.place = place;
    this.source = source;
    this.variables = variables;
    this.environments = environments;
    this.readBeside = readBeside;
  }

  read(lines: readonly string[]): InputItem {
    const [first = '', ...rest] = lines;
    let at = 0;
    let target = first.trim().replace(/\s+HTTP\/\d(\.\d)?$/, '');
    // A long query may continue on lines that begin with white space.
    for (; /^\s+[?&/]/.test(rest[at] ?? ''); at++) target += (rest[at] ?? '').trim();
    const [, method = 'GET', url = ''] = /^(?:([A-Z]+)\s+)?(\S.*)$/.exec(target) ?? [];
    const headers: HeaderPair[] = [];
    for (; at < rest.length && (rest[at] ?? '').trim() !== ''; at++) {
      const line = (rest[at] ?? '').trim();
      if (!/^(#|\/\/)/.test(line)) headers.push(this.header(line));
    }
    const open = this.variables.openIn(headers);
    if (open !== undefined) {
      const names = this.environments.differing.get(open);
      const got = names === undefined ? 'only its name' : `another in each of ${names.join(', ')}`;
      throw this.refuse(`expected the value of {{${open}}} in the file, got ${got}`);
    }
    const body = this.body(rest.slice(at + 1));
    if (body.length === 0 && method === 'GET') return { kind: 'skipped', why: 'a GET' };
    const inBody = this.variables.openInBody(body);
    return {
      kind: 'request',
      request: {
        method,
        path: toPath(this.variables.inText(url)),
        httpVersion: '1.1',
        headers: this.variables.inHeaders(headers),
        body,
      },
      note: null,
      ...(inBody === undefined
        ? {}
        : { bodyRebuilt: `the body has {{${inBody}}}, whose value is not in the file` }),
    };
  }

  private header(line: string): HeaderPair {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!TOKEN.test(name) || !HEADER_VALUE.test(line)) {
      throw this.refuse(
        `expected a header such as "Name: value" or an empty line, got ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    return [name, line.slice(colon + 1).trim()];
  }

  /** The body without the blank lines after it, and with the content of `< file` lines. */
  private body(lines: readonly string[]): Buffer {
    const end = lines.findIndex((line) => AFTER_BODY.test(line));
    const parts: Buffer[] = [];
    let text = '';
    const flush = (): void => {
      parts.push(Buffer.from(this.variables.inText(text), 'latin1'));
      text = '';
    };
    for (const line of end === -1 ? lines : lines.slice(0, end)) {
      const [, replaces, name] = FILE_BODY.exec(line.trimEnd()) ?? [];
      if (name === undefined) {
        text += line;
        continue;
      }
      flush();
      const content = this.readBeside(this.variables.inText(name.trim()));
      parts.push(replaces === undefined ? content : this.variables.inBody(content));
    }
    if (text.trim() === '') return Buffer.concat(parts);
    text = text.replace(/(\r?\n)+$/, '');
    flush();
    return Buffer.concat(parts);
  }

  private refuse(problem: string): Error {
    return unreadable(this.source, this.place, problem);
  }
}
