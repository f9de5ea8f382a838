import type { HeaderPair } from '../request.ts';
import { isObject } from './recorded-headers.ts';

const REFERENCE = /\{\{\s*(?:_\.)?([\w.$-]+)\s*\}\}/g;

/** The variables of a collection or an `.http` file, written `{{name}}` where they are used. */
export class Variables {
  private readonly values: ReadonlyMap<string, string>;
  /** Whether the input has variables at all; a body of any other input may hold braces. */
  private readonly isUsed: boolean;

  constructor(values: ReadonlyMap<string, string>, isUsed: boolean) {
    this.values = values;
    this.isUsed = isUsed;
  }

  /** The variables of a Postman, Insomnia or Bruno collection; none for other values. */
  static of(value: unknown): Variables {
    const values = new Map<string, string>();
    if (!isObject(value)) return new Variables(values, false);
    const { variable, resources, info, items } = value;
    const add = (name: unknown, text: unknown): void => {
      if (typeof name === 'string' && typeof text === 'string') values.set(name, text);
    };
    if (Array.isArray(variable)) {
      for (const one of variable) if (isObject(one)) add(one['key'], one['value']);
    }
    for (const resource of Array.isArray(resources) ? resources : []) {
      if (!isObject(resource) || resource['_type'] !== 'environment') continue;
      for (const [name, text] of Object.entries(resource['data'] ?? {})) add(name, text);
    }
    return new Variables(values, isObject(info) || Array.isArray(resources ?? items));
  }

  /** The text with the values of known variables in their places. */
  inText(text: string): string {
    if (!this.isUsed) return text;
    // A value may refer to other variables. The limit ends circular references.
    let resolved = text;
    for (let round = 0; round < 5 && resolved.includes('{{'); round++) {
      resolved = resolved.replace(
        REFERENCE,
        (whole, name: string) => this.values.get(name) ?? whole,
      );
    }
    return resolved;
  }

  inHeaders(headers: readonly HeaderPair[]): HeaderPair[] {
    return headers.map(([name, value]): HeaderPair => [name, this.inText(value)]);
  }

  inBody(body: Buffer): Buffer {
    if (!this.isUsed || !body.includes('{{')) return body;
    return Buffer.from(this.inText(body.toString('latin1')), 'latin1');
  }

  /** A variable in the body whose value the input does not have; undefined where there is none. */
  openInBody(body: Buffer): string | undefined {
    if (!this.isUsed || !body.includes('{{')) return undefined;
    return REFERENCE_ONCE.exec(this.inText(body.toString('latin1')))?.[1];
  }

  /** A variable in the signature whose value the input does not have; undefined where there is none. */
  openIn(headers: readonly HeaderPair[]): string | undefined {
    if (!this.isUsed) return undefined;
    for (const [name, value] of headers) {
      const open = REFERENCE_ONCE.exec(this.inText(value))?.[1];
      if (/signature/i.test(name) && open !== undefined) return open;
    }
    return undefined;
  }
}

const REFERENCE_ONCE = new RegExp(REFERENCE.source);
