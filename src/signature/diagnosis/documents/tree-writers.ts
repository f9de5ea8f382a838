import { type JsonNode, mapTree, writeTree } from '../../../json/tree.ts';
import { writeNumber } from '../../../json/writers/number-style.ts';

/** A document as a library writes it, one character per byte. */
interface Written {
  readonly name: string;
  readonly text: string;
}

/**
 * A document as common libraries write it, each text once. Covers fewer libraries than a `Rewriter`
 * but is much faster: a search writes hundreds of changed documents.
 */
export function writeByTree(node: JsonNode): Written[] {
  const text = writeTree(node);
  const numbers = withJavaScriptNumbers(node);
  const short = numbers === node ? text : writeTree(numbers);
  const spaced = writeTree(node, ', ', ': ');
  const all: Written[] = [
    { name: 'JSON.stringify', text: short },
    { name: 'a JSON library without spaces', text },
    { name: 'Python json.dumps', text: ascii(spaced) },
    { name: 'Python json.dumps(ensure_ascii=False)', text: spaced },
    { name: 'PHP json_encode', text: ascii(slashes(short)) },
    { name: 'PHP json_encode(JSON_UNESCAPED_UNICODE)', text: slashes(short) },
    { name: 'a JSON library without spaces, in ASCII', text: ascii(text) },
    { name: 'a JSON library without spaces, / as \\/', text: slashes(text) },
  ];
  const seen = new Set<string>();
  return all.filter((one) => !seen.has(one.text) && seen.add(one.text));
}

/** Escapes `/` as `\/`. In JSON, `/` occurs only inside strings. */
function slashes(text: string): string {
  return text.includes('/') ? text.replace(/(?<!\\)\//g, '\\/') : text;
}

/** Escapes characters beyond ASCII as `\u00e9`. In JSON, they occur only inside strings. */
function ascii(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  return Buffer.from(text, 'latin1')
    .toString('utf8')
    .replace(
      /[\u0080-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

/** The tree with its numbers as JavaScript writes them; the same object if no number changes. */
function withJavaScriptNumbers(node: JsonNode): JsonNode {
  let isChanged = false;
  const changed = mapTree(node, (inner) => {
    if (inner.kind !== 'number') return inner;
    const text = writeNumber(inner.text, 'javascript');
    if (text === inner.text) return inner;
    isChanged = true;
    return { ...inner, text };
  });
  return isChanged && changed !== null ? changed : node;
}
