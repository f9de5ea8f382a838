import { type JsonNode, writeTree } from '../../../json/tree.ts';
import type { DocumentChange } from './change.ts';
import { CLEANED_VALUES } from './cleaned-values.ts';
import { paramsOf } from './params.ts';
import { joinedParts, partsOf, WRAPPED } from './parts.ts';
import { PHP_ARRAYS } from './php-arrays.ts';
import { writeByTree } from './tree-writers.ts';
import { TYPED_MODELS } from './typed-models.ts';

/** The bytes of a document after a change. */
export interface ChangedText {
  readonly change: DocumentChange;
  /** The library that writes these bytes; null if they are not a JSON document. */
  readonly writer: string | null;
  readonly bytes: Buffer;
}

/** The documents that result from changing one document. Equal results are returned once. */
export class ChangedDocuments {
  private readonly root: JsonNode;
  private readonly path: string;
  private readonly original: string;

  constructor(root: JsonNode, path: string) {
    this.root = root;
    this.path = path;
    this.original = writeTree(root);
  }

  /** The size of the document without white space, in characters. */
  get size(): number {
    return this.original.length;
  }

  /** Every changed document as a few libraries write it, the most likely ones first. */
  *texts(): Generator<ChangedText> {
    for (const { change, bytes } of joinedParts(this.root)) yield { change, writer: null, bytes };
    for (const { change, node, text } of this.results([
      ...partsOf(this.root),
      ...WRAPPED,
      ...PHP_ARRAYS,
      ...CLEANED_VALUES,
      ...TYPED_MODELS,
      ...paramsOf(this.path),
    ])) {
      if (node.kind === 'string') {
        yield { change, writer: null, bytes: Buffer.from(node.value ?? '', 'utf8') };
      }
      if (change.isCompactOnly === true) {
        yield {
          change,
          writer: 'a JSON library without spaces',
          bytes: Buffer.from(text, 'latin1'),
        };
        continue;
      }
      for (const { name, text } of writeByTree(node)) {
        yield { change, writer: name, bytes: Buffer.from(text, 'latin1') };
      }
    }
  }

  private *results(
    changes: readonly DocumentChange[],
  ): Generator<{ change: DocumentChange; node: JsonNode; text: string }> {
    const seen = new Set([this.original]);
    for (const change of changes) {
      const node = change.change(this.root);
      if (node === null) continue;
      const text = writeTree(node);
      if (seen.has(text)) continue;
      seen.add(text);
      yield { change, node, text };
    }
  }
}
