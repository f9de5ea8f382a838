import { type HeaderPair, TOKEN } from '../request.ts';
import { type InputItem, unreadable } from './input.ts';
import { toPath } from './request-target.ts';
import { Variables } from './variables.ts';

const BLOCK = /^(\w+(?::[\w-]+)*)\s*[{[]\s*$/;
const METHOD = /^(get|post|put|patch|delete|head|options)$/;

/** Whether a text is a Bruno request (`.bru`). */
export function isBruno(start: string): boolean {
  return /^(meta|get|post|put|patch|delete|head|options)\s*\{\s*\r?\n/.test(start);
}

/** The request of a `.bru` file, which consists of blocks of lines. The body is indented by two spaces. */
export function parseBruno(bytes: Buffer, source: string): InputItem {
  const blocks = readBlocks(bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, ''));
  const method = [...blocks.keys()].find((name) => METHOD.test(name));
  if (method === undefined) {
    throw unreadable(source, 'line 1', 'expected a block such as "post {", got none');
  }
  const values = new Map(fieldsOf(blocks.get('vars:pre-request') ?? []));
  const variables = new Variables(values, true);
  const headers = variables.inHeaders(
    fieldsOf(blocks.get('headers') ?? []).filter(([name]) => TOKEN.test(name)),
  );
  const open = variables.openIn(headers);
  if (open !== undefined) {
    const problem = `expected the value of {{${open}}} in the file, got only its name`;
    throw unreadable(source, 'headers', problem, 'write the value that was sent in its place');
  }
  const url = fieldsOf(blocks.get(method) ?? []).find(([name]) => name === 'url')?.[1] ?? '/';
  const [, lines = []] = [...blocks].find(([name]) => /^body(:(json|text|xml))?$/.test(name)) ?? [];
  const text = lines.map((line) => line.replace(/^ {2}/, '')).join('\n');
  return {
    kind: 'request',
    request: {
      method: method.toUpperCase(),
      path: toPath(variables.inText(url)),
      httpVersion: '1.1',
      headers,
      body: Buffer.from(variables.inText(text), 'latin1'),
    },
    note: null,
  };
}

/** The lines of each block by its name. A block ends with a bracket in the first column. */
function readBlocks(text: string): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  let current: string[] | null = null;
  for (const line of text.split(/\r?\n/)) {
    const name = current === null ? BLOCK.exec(line)?.[1] : undefined;
    if (name !== undefined) {
      current = [];
      blocks.set(name, current);
    } else if (/^[}\]]/.test(line)) current = null;
    else current?.push(line);
  }
  return blocks;
}

/** The fields of `name: value` lines. A line that begins with `~` is disabled and left out. */
function fieldsOf(lines: readonly string[]): HeaderPair[] {
  return lines.flatMap((line): HeaderPair[] => {
    const [, name, value] = /^\s*([^~\s:][^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value ?? '']];
  });
}
