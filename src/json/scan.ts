import { CLOSE_ARRAY, CLOSE_OBJECT, KEY, OPEN_ARRAY, OPEN_OBJECT, Tokeniser } from './tokeniser.ts';

/** Strings and numbers by path: a top-level key, or `data.` followed by a key of the object `data`. */
export type PayloadFields = Pick<ReadonlyMap<string, string | number>, 'get'>;

/** The most bytes that one character of a key takes in the source: `\u0065`. */
const ESCAPE_BYTES = 6;

/**
 * Finds the strings and numbers at the wanted paths in a payload's bytes. The payload is not parsed,
 * because that would create garbage of several times its size for each event. Undefined if the body is
 * not JSON (RFC 8259), in the same cases in which `JSON.parse` throws. Of equal keys, the last one
 * counts, as with `JSON.parse`.
 */
export function scanPayload(body: Buffer, wanted: ReadonlySet<string>): PayloadFields | undefined {
  const finder = new FieldFinder(body, wanted);
  const tokeniser = new Tokeniser(body, (kind, start, end) => finder.add(kind, start, end));
  return tokeniser.readAll() ? finder.fields : undefined;
}

/** The first string or number at a path in JSON that may be truncated anywhere; undefined where there is none. */
export function findInHead(head: Buffer, path: string): string | number | undefined {
  const finder = new FieldFinder(head, new Set([path]));
  const tokeniser = new Tokeniser(head, (kind, start, end) => finder.add(kind, start, end));
  while (!finder.fields.has(path) && tokeniser.readNext() && tokeniser.open.length > 0);
  return finder.fields.get(path);
}

class FieldFinder {
  readonly fields = new Map<string, string | number>();
  private readonly body: Buffer;
  private readonly wanted: ReadonlySet<string>;
  private readonly longestKey: number;
  private depth = 0;
  private isInData = false;
  /** The path of the next value if that path is wanted; otherwise null. */
  private path: string | null = null;

  constructor(body: Buffer, wanted: ReadonlySet<string>) {
    this.body = body;
    this.wanted = wanted;
    this.longestKey = 2 + ESCAPE_BYTES * Math.max(...Array.from(wanted, ({ length }) => length));
  }

  add(kind: number, start: number, end: number): void {
    switch (kind) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        this.depth += 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.depth -= 1;
        break;
      case KEY:
        if (this.depth === 1) this.enterMember(this.name(start, end));
        else if (this.depth === 2 && this.isInData) this.expect(`data.${this.name(start, end)}`);
        return;
      default:
        if (this.path !== null) this.keep(this.path, this.parse(start, end));
    }
    this.path = null;
  }

  private enterMember(name: string): void {
    this.isInData = name === 'data';
    // A key with a dot in it is not a path.
    this.expect(name.includes('.') ? '' : name);
    if (!this.isInData) return;
    // A second `data` replaces the first.
    for (const path of this.fields.keys()) if (path.startsWith('data.')) this.fields.delete(path);
  }

  private expect(path: string): void {
    this.path = this.wanted.has(path) ? path : null;
    if (this.path !== null) this.fields.delete(path);
  }

  private keep(path: string, value: unknown): void {
    if (typeof value === 'string' || typeof value === 'number') this.fields.set(path, value);
  }

  /** A key's name; an empty string for one that is longer than any wanted key. */
  private name(start: number, end: number): string {
    return end - start > this.longestKey ? '' : String(this.parse(start, end));
  }

  private parse(start: number, end: number): unknown {
    return JSON.parse(this.body.toString('utf8', start, end));
  }
}
